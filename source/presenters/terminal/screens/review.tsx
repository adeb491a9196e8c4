import { type ReactNode, useState } from 'react';
import { formatBytes, roughDuration } from '../../../language/format.ts';
import { FormScreen } from '../components/form-screen.tsx';
import { type Area, blank, marked, paragraph } from '../components/layout.ts';
import { type Spans, span } from '../components/line.tsx';
import { ListScreen } from '../components/list-screen.tsx';
import { problemLines, problemMessage } from '../components/problem.ts';
import { QuestionScreen } from '../components/question-screen.tsx';
import { useSpinner } from '../components/spinner.ts';
import {
  checkBasis,
  draftOf,
  includedHosts,
  nodeNames,
  openFindings,
  rolesOf,
  type ScreenId,
  withoutIpvs,
} from '../model/wizard-state.ts';
import { stepTitle } from '../step-title.ts';
import { fit, textWidth } from '../text.ts';
import { useView } from '../view.tsx';
import { useWizard } from '../wizard-context.tsx';
import { BalancerScreen, shortList } from './balancer.tsx';
import { PlanByHostScreen } from './plan-by-host.tsx';

type Item = {
  readonly id: string;
  readonly title: string;
  readonly value: string;
  readonly missing: boolean;
  readonly screen?: ScreenId;
};

/** All that was chosen, what is missing, what will happen; the only point of no return. */
export function ReviewScreen(): ReactNode {
  const { model, state } = useWizard();
  const view = useView();
  const { messages, profile } = view;
  const { glyphs } = profile;
  const words = messages.review;
  const [asking, setAsking] = useState(false);
  const [naming, setNaming] = useState(false);
  const [balancing, setBalancing] = useState(false);
  const [planning, setPlanning] = useState(false);
  const { preview } = state;
  const unplanned = preview === undefined && state.reviewProblem === undefined;
  const spinner = useSpinner(unplanned || state.starting);
  const included = includedHosts(state);
  const names = [...nodeNames(state).values()];
  const roles = [...rolesOf(state).values()];
  const planes = roles.filter((role) => role === 'control-plane').length;
  const open = openFindings(state).length;
  const bundle = state.bundles.find((candidate) => candidate.directory === state.bundle);
  const unfit = state.balancer === 'keepalived' ? withoutIpvs(state) : [];
  const applications = state.applications.map(
    ({ package: name }) => state.catalogue?.find((entry) => entry.package === name)?.title ?? name,
  );

  if (naming) {
    return (
      <FormScreen
        id="review-name"
        title={words.nameTitle}
        step="review"
        why={words.nameWhy}
        fields={[
          {
            name: 'name',
            label: words.name,
            kind: 'text',
            initial: state.name,
            validate: (value) => (/^[a-z]([-a-z0-9]{0,38}[a-z0-9])?$/.test(value) ? undefined : words.nameWrong),
          },
        ]}
        submit={{
          label: messages.hosts.save,
          run: (values) => {
            model.change({ name: values['name'] ?? state.name, saved: undefined });
            model.runs.preview();
            setNaming(false);
          },
        }}
        back={() => setNaming(false)}
      />
    );
  }
  if (balancing) return <BalancerScreen close={() => setBalancing(false)} />;
  if (planning && preview !== undefined) {
    return <PlanByHostScreen preview={preview} close={() => setPlanning(false)} />;
  }
  if (asking) {
    return (
      <QuestionScreen
        title={words.sure}
        question={words.sureQuestion}
        text={[words.sureText(included.length), names.slice(0, 12).join(', ') + (names.length > 12 ? ', ...' : '')]}
        choices={[
          { id: 'no', label: words.no },
          { id: 'yes', label: words.yes, dangerous: true },
        ]}
        answer={(choice) => {
          setAsking(false);
          if (choice === 'yes') model.runs.start();
        }}
      />
    );
  }

  const stale = state.checkedDraft !== checkBasis(draftOf(state)) || state.checkProblem !== undefined;
  const checks = stale
    ? words.checksStale
    : open > 0
      ? words.checksOpen(open)
      : state.accepted.length > 0
        ? words.checksAccepted(state.accepted.length)
        : words.checksGood;
  const items: readonly Item[] = [
    { id: 'name', title: words.name, value: state.name, missing: state.name === '' },
    {
      id: 'bundle',
      title: words.bundle,
      value: bundle === undefined ? '' : `Kubernetes ${bundle.kubernetesVersion}, ${bundle.directory}`,
      missing: bundle === undefined,
      screen: 'bundle',
    },
    {
      id: 'hosts',
      title: words.hosts,
      value: `${messages.words.hosts(included.length)}: ${names.join(', ')}`,
      missing: included.length === 0,
      screen: 'hosts',
    },
    {
      id: 'roles',
      title: words.roles,
      value: messages.roles.counts(planes, included.length - planes),
      missing: planes === 0,
      screen: 'roles',
    },
    {
      id: 'balancer',
      title: words.balancer,
      value: unfit.length > 0 ? words.balancerUnfit(shortList(unfit)) : words.balancers[state.balancer],
      missing: unfit.length > 0,
    },
    { id: 'checks', title: words.checks, value: checks, missing: stale || open > 0, screen: 'checks' },
    {
      id: 'applications',
      title: words.applications,
      value: applications.length === 0 ? words.none : applications.join(', '),
      missing: false,
      screen: 'applications',
    },
  ];
  const problems = preview?.problems ?? [];
  const missing = items.some((item) => item.missing) || problems.length > 0 || preview === undefined;
  const plan = (area: Area): readonly Spans[] => {
    const lines: Spans[] = [];
    if (state.saved !== undefined) {
      lines.push(...marked(span(glyphs.done, 'good'), words.saved(state.saved.file), area.width));
      lines.push(...marked(span(glyphs.arrow, 'accent'), words.same(state.saved.command), area.width));
    }
    for (const problem of problems) {
      lines.push(...problemLines(problem, area.width, view, 'bad'));
    }
    if (preview === undefined) {
      if (unplanned) lines.push([span(`${spinner} ${words.planning}`, 'running')]);
      return lines;
    }
    const time =
      preview.expectedMilliseconds === undefined
        ? ''
        : words.takes(messages.words.duration(roughDuration(preview.expectedMilliseconds)));
    const size = preview.bytes > 0 ? words.sends(formatBytes(preview.bytes)) : '';
    lines.push([span(words.plan, 'title'), span(`   ${[time, size].filter((text) => text !== '').join(' ')}`, 'dim')]);
    const title = (phase: (typeof preview.phases)[number]): string =>
      messages.phases[phase.id as keyof typeof messages.phases] ?? phase.title;
    if (area.height < lines.length + preview.phases.length) {
      const sentence = preview.phases.map((phase) => `${title(phase)} (${phase.steps})`).join(`  ${glyphs.arrow} `);
      return [...lines, ...paragraph(sentence, area.width)];
    }
    const longest = Math.max(...preview.phases.map((phase) => textWidth(title(phase))));
    for (const [index, phase] of preview.phases.entries()) {
      lines.push([
        span(`${String(index + 1).padStart(2)}  `, 'dim'),
        span(fit(title(phase), longest, '')),
        span(`  ${words.steps(phase.steps)}`, 'dim'),
      ]);
    }
    const example = preview.hosts[0];
    if (example !== undefined && area.height > lines.length + 4) {
      lines.push(blank, [span(words.onHost(example.name), 'title')]);
      lines.push(...example.steps.map((step): Spans => [span(`  ${stepTitle(step, messages)}`, 'dim')]));
    }
    return lines;
  };
  const message = state.starting
    ? span(`${spinner} ${words.starting}`, 'running')
    : problemMessage(state.reviewProblem, view);
  const edit = (row: number): void => {
    const item = items[row];
    if (item === undefined) return;
    if (item.id === 'name') setNaming(true);
    else if (item.id === 'balancer') setBalancing(true);
    else if (item.screen !== undefined) model.go(item.screen);
    if (item.screen === 'checks') model.checks.runIfNeeded();
  };
  return (
    <ListScreen
      id="review"
      title={words.title}
      step="review"
      why={words.why}
      startAt="actions"
      hideHead
      columns={[
        { title: words.item, width: 15 },
        { title: words.value, width: 30, grow: 1 },
      ]}
      count={items.length}
      rowKey={(row) => items[row]?.id ?? ''}
      cells={(row) => {
        const item = items[row];
        if (item === undefined) return [];
        const mark = item.missing ? span(`${glyphs.failed} `, 'bad') : span(`${glyphs.done} `, 'good');
        return [
          [mark, span(item.title, 'dim')],
          [span(item.value === '' ? words.missing : item.value, item.missing ? 'bad' : 'normal')],
        ];
      }}
      detail={(_, area) => plan(area)}
      actions={[
        {
          id: 'start',
          label: words.start,
          ...(missing ? { unavailable: unplanned ? words.planning : words.notYet } : {}),
          run: () => setAsking(true),
        },
        {
          id: 'plan',
          // It has its place from the beginning: a button that comes later would be under the key meant for another.
          label: words.byHost,
          ...(preview !== undefined && preview.hosts.length > 0 ? {} : { unavailable: words.noPlan }),
          run: () => setPlanning(true),
        },
        { id: 'save', label: words.save, run: () => model.runs.save() },
      ]}
      open={{ label: words.change, run: edit }}
      commands={[{ command: 'save', run: () => model.runs.save() }]}
      back={() => model.back()}
      {...(message === undefined ? {} : { message })}
    />
  );
}
