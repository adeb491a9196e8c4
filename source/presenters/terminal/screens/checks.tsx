import { type ReactNode, useMemo, useState } from 'react';
import { type Area, blank, pairs } from '../components/layout.ts';
import { type Spans, span } from '../components/line.tsx';
import { ListScreen } from '../components/list-screen.tsx';
import { problemLines } from '../components/problem.ts';
import { QuestionScreen } from '../components/question-screen.tsx';
import { useSpinner } from '../components/spinner.ts';
import { type CheckGroup, type CheckWeight, groupChecks } from '../model/check-groups.ts';
import { openFindings } from '../model/wizard-state.ts';
import type { CheckResult } from '../services.ts';
import type { Tone } from '../theme.ts';
import { useView } from '../view.tsx';
import { useWizard } from '../wizard-context.tsx';

const tones: Readonly<Record<CheckWeight, Tone>> = {
  blocks: 'bad',
  unknown: 'warning',
  warns: 'warning',
  running: 'running',
  accepted: 'dim',
  informs: 'dim',
  passed: 'good',
};

/** Hosts by checks, worst first, with what to do about each finding. */
export function ChecksScreen(): ReactNode {
  const { model, state } = useWizard();
  const view = useView();
  const { messages, profile } = view;
  const { glyphs } = profile;
  const words = messages.checks;
  const [hint, setHint] = useState<string>();
  const [asking, setAsking] = useState<string>();
  const spinner = useSpinner(state.checking);
  const groups = useMemo(() => groupChecks(state.checks, state.accepted), [state.checks, state.accepted]);
  const open = openFindings(state);
  const fixable = state.checks.filter(
    (result) => result.outcome === 'failed' && result.fixable && result.onConsent !== true,
  );
  const count = (weight: CheckWeight): number =>
    groups.filter((group) => group.weight === weight).reduce((sum, group) => sum + group.results.length, 0);

  const marks: Readonly<Record<CheckWeight, string>> = {
    blocks: glyphs.failed,
    unknown: '?',
    warns: glyphs.warning,
    running: spinner,
    accepted: glyphs.done,
    informs: glyphs.waiting,
    passed: glyphs.done,
  };
  const hostsOf = (group: CheckGroup): string => {
    const names = group.results.map((result) => result.host);
    return names.length <= 3 ? names.join(', ') : messages.words.hosts(names.length);
  };
  const onConsent = (group: CheckGroup): boolean => group.results.some((result) => result.onConsent);
  const fix = (group: CheckGroup): void => {
    if (!group.results.some((result) => result.fixable)) setHint(words.notFixable);
    else model.checks.fix(group.results.filter((result) => result.fixable));
  };
  const fixOrAsk = (group: CheckGroup): void => {
    if (onConsent(group)) setAsking(`${group.weight} ${group.id}`);
    else fix(group);
  };
  const accept = (group: CheckGroup): void => {
    if (group.weight === 'passed' || group.weight === 'informs' || group.weight === 'running') return;
    if (group.results.some((result) => !result.acceptable)) setHint(words.cannotAccept);
    else for (const result of group.results) model.checks.accept(result);
  };
  const withGroup = (run: (group: CheckGroup) => void) => (row: number | undefined) => {
    setHint(undefined);
    const group = row === undefined ? undefined : groups[row];
    if (group !== undefined) run(group);
  };
  const seenPairs = (results: readonly CheckResult[]): readonly (readonly [string, string])[] => {
    const bySeen = new Map<string, string[]>();
    for (const result of results) {
      if (result.seen !== undefined) bySeen.set(result.seen, [...(bySeen.get(result.seen) ?? []), result.host]);
    }
    return [...bySeen].slice(0, 4).map(([seen, hosts], index) => {
      const where = hosts.length <= 2 ? hosts.join(', ') : messages.words.hosts(hosts.length);
      return [index === 0 ? words.seen : '', `${seen} (${where})`];
    });
  };
  const detail = (row: number, area: Area): readonly Spans[] => {
    const group = groups[row];
    const result = group?.results[0];
    if (group === undefined || result === undefined) return [];
    const facts = [...seenPairs(group.results)];
    if (result.needed !== undefined) facts.push([words.needed, result.needed]);
    if (group.weight !== 'passed' && result.remedy !== undefined) facts.push([words.remedy, result.remedy]);
    if (result.why !== undefined) facts.push([words.why2, result.why]);
    const lines = [...pairs(facts, area.width)];
    if (area.height > 12) lines.push(blank, [span(`${result.group}  ${result.id}`, 'dim')]);
    return lines;
  };
  const asked = groups.find((group) => `${group.weight} ${group.id}` === asking);
  if (asked !== undefined) {
    const first = asked.results[0];
    return (
      <QuestionScreen
        title={words.title}
        question={first?.title ?? asked.id}
        body={(width) => detail(groups.indexOf(asked), { width, height: 8 })}
        choices={[
          { id: 'back', label: messages.words.back },
          ...(asked.weight !== 'passed' && asked.results.some((result) => result.fixable)
            ? [{ id: 'fix', label: onConsent(asked) ? words.doSetAside : words.doFix }]
            : []),
          ...(asked.weight !== 'passed' &&
          asked.weight !== 'informs' &&
          asked.results.every((result) => result.acceptable)
            ? [{ id: 'accept', label: asked.weight === 'accepted' ? words.doNotAccept : words.doAccept }]
            : []),
        ]}
        answer={(choice) => {
          setAsking(undefined);
          if (choice === 'fix') fix(asked);
          if (choice === 'accept') accept(asked);
        }}
      />
    );
  }
  const summary = (area: Area): readonly Spans[] => {
    if (state.checking) return [[span(`${spinner} ${words.running(state.checks.length)}`, 'running')]];
    if (state.checkProblem !== undefined) return problemLines(state.checkProblem, area.width, view);
    if (state.checks.length === 0) return [];
    const blocking = count('blocks') + count('unknown');
    if (blocking + count('warns') === 0 && count('accepted') === 0) {
      return [[span(`${glyphs.done} ${words.good(count('passed'), count('informs'))}`, 'good')]];
    }
    const tone: Tone = blocking > 0 ? 'bad' : 'warning';
    const accepted = count('accepted');
    const more = accepted > 0 ? `, ${accepted} ${words.outcomes.accepted}` : '';
    const calm: Tone = blocking + count('warns') === 0 ? 'good' : tone;
    return [[span(words.summary(blocking, count('warns'), count('passed')) + more, calm)]];
  };
  const unavailable = state.checking
    ? words.wait
    : state.checkProblem !== undefined
      ? words.couldNotRun
      : open.length > 0
        ? words.blocked(open.length)
        : undefined;
  const message = hint === undefined ? undefined : span(hint, 'warning');
  return (
    <ListScreen
      id="checks"
      title={words.title}
      step="checks"
      why={words.why}
      startAt={open.length > 0 ? 'list' : 'actions'}
      summary={summary}
      columns={[
        { title: words.severity, width: 13 },
        { title: words.finding, width: 24, grow: 3 },
        { title: words.hosts, width: 14, grow: 1 },
      ]}
      count={groups.length}
      rowKey={(row) => `${groups[row]?.id}`}
      cells={(row) => {
        const group = groups[row];
        if (group === undefined) return [];
        const tone = tones[group.weight];
        return [
          [span(`${marks[group.weight]} `, tone), span(words.outcomes[group.weight], tone)],
          [span(group.results[0]?.title ?? group.id, group.weight === 'passed' ? 'dim' : 'normal')],
          [span(hostsOf(group), 'dim')],
        ];
      }}
      search={(row) =>
        `${groups[row]?.results[0]?.title} ${groups[row]?.id} ${groups[row]?.results.map((r) => r.host).join(' ')}`
      }
      empty={state.checking || state.checkProblem !== undefined ? [] : [words.none]}
      detail={detail}
      actions={[
        {
          id: 'continue',
          label: words.continue,
          ...(unavailable === undefined ? {} : { unavailable }),
          run: () => {
            model.go('applications');
            if (state.catalogue === undefined) model.runs.loadCatalogue();
          },
        },
        { id: 'again', label: words.again, run: () => model.checks.run() },
        ...(fixable.length > 0 ? [{ id: 'fix', label: words.fixAll, run: () => model.checks.fix(fixable) }] : []),
      ]}
      open={{
        label: words.open,
        run: (row) => {
          const group = groups[row];
          if (group !== undefined) setAsking(`${group.weight} ${group.id}`);
        },
      }}
      commands={[
        { command: 'recheck', run: () => model.checks.run() },
        { command: 'fix', run: withGroup(fixOrAsk) },
        { command: 'accept', run: withGroup(accept) },
      ]}
      back={() => model.back()}
      {...(message === undefined ? {} : { message })}
    />
  );
}
