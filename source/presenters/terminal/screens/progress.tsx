import { type ReactNode, useMemo, useRef, useState } from 'react';
import type { FailureDetails } from '../../../engine/events.ts';
import { formatBytes, formatBytesOf, formatClock, roughDuration } from '../../../language/format.ts';
import { type Progress, progressOf } from '../../remaining-time.ts';
import { type HostState, type HostStatus, hostStatus, type OpenQuestion, type RunState } from '../../run-state.ts';
import { type Area, bar, pairs } from '../components/layout.ts';
import { fitSpans, type Span, type Spans, span, spansWidth } from '../components/line.tsx';
import { type Action, ListScreen } from '../components/list-screen.tsx';
import { problemLines, problemMessage } from '../components/problem.ts';
import { QuestionScreen } from '../components/question-screen.tsx';
import { useSpinner } from '../components/spinner.ts';
import { countHosts, hostShare, orderedHosts } from '../model/run-rows.ts';
import { stepTitle } from '../step-title.ts';
import type { Tone } from '../theme.ts';
import { useTick } from '../ticker.tsx';
import { useView, type View } from '../view.tsx';
import { useWizard } from '../wizard-context.tsx';
import { type LogChoice, RunLogScreen } from './run-log.tsx';

const tones: Readonly<Record<HostStatus, Tone>> = {
  waiting: 'dim',
  running: 'running',
  failed: 'bad',
  skipped: 'warning',
  done: 'good',
};

const noProgress: Progress = { share: 0, remaining: undefined, bytes: 0, bytesTotal: 0, rate: 0 };

/** The estimate, made anew once a second; the share never goes back. */
function useProgress(run: RunState, history: Readonly<Record<string, number>>, live: boolean): Progress {
  const kept = useRef({ at: 0, progress: noProgress, run: '' });
  const now = live ? Date.now() : (run.lastAt ?? Date.now());
  if (kept.current.run !== run.run) kept.current = { at: 0, progress: noProgress, run: run.run };
  if (now - kept.current.at >= 1000 || run.finished !== undefined) {
    const next = progressOf(run, now, history);
    kept.current = {
      ...kept.current,
      at: now,
      progress: { ...next, share: Math.max(next.share, kept.current.progress.share) },
    };
  }
  return kept.current.progress;
}

function hostName(name: string, view: View): string {
  return name === 'operator' ? view.messages.progress.operator : name;
}

/** How many phases are done, and those at work; before anything runs, the one that comes next. */
function phaseLine(run: RunState, width: number, view: View): Spans {
  const { glyphs } = view.profile;
  const titles = view.messages.phases;
  const open = run.phases.filter((phase) => phase.settled < phase.steps || phase.failed > 0);
  const working = open.filter((phase) => phase.running > 0 || phase.failed > 0);
  const shown = working.length > 0 ? working : open.slice(0, 1);
  const parts = shown.flatMap((phase): readonly Span[] => [
    span(`${titles[phase.id as keyof typeof titles] ?? phase.title} `, phase.failed > 0 ? 'bad' : 'normal'),
    span(`${phase.settled}/${phase.steps}   `, 'dim'),
  ]);
  const done = run.phases.length - open.length;
  return fitSpans([span(`${glyphs.done} ${done}/${run.phases.length}   `, 'good'), ...parts], width, glyphs.ellipsis);
}

/** What a step that failed said, for the details and for questions. */
export function stepFailureLines(run: RunState, step: number, width: number, view: View): readonly Spans[] {
  const failure = run.steps[step]?.failure;
  return failure === undefined ? [] : failureLines(failure, width, view);
}

/** A failure with what to do, its command and its last lines. */
export function failureLines(failure: FailureDetails, width: number, view: View): readonly Spans[] {
  const words = view.messages.progress;
  const lines: Spans[] = [...problemLines(failure, width, view)];
  if (failure.command !== undefined) {
    const code = failure.exitCode === undefined ? '' : `  (${words.exitCode} ${failure.exitCode})`;
    lines.push(...pairs([[words.command, failure.command + code]], width));
  }
  const output = (failure.output ?? '')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-4);
  lines.push(...output.map((line): Spans => [span(`  ${line}`, 'dim')]));
  return lines;
}

/** The run as it goes on: all of it in two lines, then host by host, failing ones first. */
export function ProgressScreen(): ReactNode {
  const { model, state } = useWizard();
  const view = useView();
  const { messages, profile } = view;
  const { glyphs } = profile;
  const words = messages.progress;
  const { run } = state;
  const live = state.view?.live === true && run.finished === undefined;
  useTick(live);
  const spinner = useSpinner(live);
  const [log, setLog] = useState<LogChoice>();
  const [leaving, setLeaving] = useState(false);
  const [stopping, setStopping] = useState<'asking' | 'asked'>();
  const [postponed, setPostponed] = useState<ReadonlySet<string>>(new Set());
  const progress = useProgress(run, state.view?.history ?? {}, live);
  const order = useMemo(() => orderedHosts(run), [run]);
  const counts = useMemo(() => countHosts(run), [run]);
  const journal = state.view?.journal ?? '';

  if (log !== undefined) {
    return <RunLogScreen run={run} choice={log} journal={journal} close={() => setLog(undefined)} />;
  }
  if (leaving) {
    return (
      <QuestionScreen
        title={words.title(run.workflow)}
        question={words.leaveQuestion}
        choices={[
          { id: 'stay', label: words.stay },
          { id: 'logs', label: words.allLogs },
          { id: 'steps', label: words.stepLog },
          { id: 'home', label: words.leaveHome },
          { id: 'stop', label: words.stopYes },
        ]}
        answer={(choice) => {
          setLeaving(false);
          if (choice === 'logs') setLog({ kind: 'all' });
          if (choice === 'steps') setLog({ kind: 'commands' });
          if (choice === 'home') model.home();
          if (choice === 'stop') setStopping('asking');
        }}
      />
    );
  }
  if (stopping === 'asking') {
    return (
      <QuestionScreen
        title={words.stopTitle}
        question={words.stopQuestion}
        choices={[
          { id: 'no', label: words.stopNo },
          { id: 'yes', label: words.stopYes },
        ]}
        answer={(choice) => {
          if (choice === 'yes') model.runs.stop();
          setStopping(choice === 'yes' ? 'asked' : undefined);
        }}
      />
    );
  }
  const question = live ? run.questions.find((open) => !postponed.has(open.question)) : undefined;
  if (question !== undefined) {
    return (
      <StepQuestion
        question={question}
        later={() => setPostponed(new Set([...postponed, question.question]))}
        answer={(choice) => {
          setPostponed(new Set([...postponed, question.question]));
          if (choice === 'retry' || choice === 'skip-host' || choice === 'abort') {
            model.runs.answer(question.question, choice);
          }
        }}
      />
    );
  }

  const hostOf = (row: number | undefined): HostState | undefined =>
    row === undefined ? undefined : run.hosts[order[row] ?? -1];
  const stepOf = (host: HostState): number | undefined => host.failed[0] ?? host.running[0];
  const marks: Readonly<Record<HostStatus, string>> = {
    waiting: glyphs.waiting,
    running: spinner,
    failed: glyphs.failed,
    skipped: glyphs.skipped,
    done: glyphs.done,
  };
  const amount = (host: HostState): Spans => {
    const status = hostStatus(host);
    const step = run.steps[stepOf(host) ?? -1];
    const share = hostShare(host, run);
    const tone: Tone = status === 'failed' ? 'bad' : status === 'done' ? 'good' : 'accent';
    const cells = bar(share, 8, profile, tone);
    if (step?.unit === 'bytes' && step.done !== undefined && status === 'running') {
      const text = step.total === undefined ? formatBytes(step.done) : formatBytesOf(step.done, step.total);
      return [...cells, span(` ${text}`, 'dim')];
    }
    return [...cells, span(` ${host.settled}/${host.steps}`, 'dim')];
  };
  const cells = (row: number): readonly Spans[] => {
    const host = hostOf(row);
    if (host === undefined) return [];
    const status = hostStatus(host);
    const index = stepOf(host);
    const step = run.steps[index ?? -1];
    const title = index === undefined ? '' : stepTitle(run.plan[index], messages);
    const again = step !== undefined && step.attempt > 1 ? `  ${words.attempt(step.attempt)}` : '';
    const doing: Spans =
      status === 'failed'
        ? [span(`${words.states.failed}: ${title}`, 'bad')]
        : title === ''
          ? [span(words.states[status], tones[status])]
          : [span(title), span(again, 'warning')];
    return [[span(`${marks[status]} `, tones[status]), span(hostName(host.name, view))], doing, amount(host)];
  };
  const detail = (row: number, area: Area): readonly Spans[] => {
    const host = hostOf(row);
    if (host === undefined) return [];
    const failed = host.failed[0];
    if (failed !== undefined) return stepFailureLines(run, failed, area.width, view);
    const output = host.lines.filter((line) => line.kind === 'output' || line.kind === 'failure').slice(-area.height);
    return output.map(
      (line): Spans => [
        span(`${line.at.slice(11, 19)}  `, 'dim'),
        span(line.text, line.kind === 'failure' ? 'bad' : 'dim'),
      ],
    );
  };
  const summary = (area: Area): readonly Spans[] => {
    if (run.plan.length === 0) return [[span(`${spinner} ${words.attaching}`, 'running')]];
    const now = live ? Date.now() : (run.lastAt ?? Date.now());
    const elapsed = words.elapsed(formatClock(now - (run.startedAt ?? now)));
    const left =
      progress.remaining === undefined
        ? words.estimating
        : words.left(messages.words.duration(roughDuration(progress.remaining)));
    const percent = `${String(Math.floor(progress.share * 100)).padStart(3)}%`;
    const tail: Spans = [span(` ${percent}`, 'title'), span(`   ${elapsed}   ${live ? left : ''}`)];
    const rest = area.width - spansWidth(tail);
    const counted = (['failed', 'running', 'waiting', 'done'] as const).flatMap((key): readonly Span[] =>
      counts[key] === 0
        ? []
        : [
            span(`${counts[key]} `, key === 'failed' ? 'bad' : 'normal'),
            span(`${words.counts[key]}   `, key === 'failed' ? 'bad' : 'dim'),
          ],
    );
    const speed = progress.rate > 0 ? [span(words.rate(formatBytes(progress.rate)), 'dim')] : [];
    const lines = [
      [
        ...bar(progress.share, Math.max(10, Math.min(40, rest)), profile, counts.failed > 0 ? 'warning' : 'accent'),
        ...tail,
      ],
    ];
    if (area.height >= 12) return [...lines, [...counted, ...speed], phaseLine(run, area.width, view)];
    return [...lines, [...counted, ...speed]];
  };
  const open = (row: number): void => {
    const host = hostOf(row);
    if (host === undefined) return;
    const waiting = run.questions.find((candidate) => run.plan[candidate.step]?.host === host.name);
    if (waiting === undefined || !live) setLog({ kind: 'host', host: host.name });
    else setPostponed(new Set([...postponed].filter((name) => name !== waiting.question)));
  };
  const leave = (): void => {
    if (live) setLeaving(true);
    else if (run.finished !== undefined) model.go('finished');
    else model.home();
  };
  const actions: readonly Action[] = live
    ? []
    : run.finished === undefined && state.view !== undefined && !state.view.live
      ? [
          { id: 'go-on', label: words.goOn, run: () => model.runs.resume(state.view?.cluster ?? '') },
          { id: 'leave', label: words.leave, run: () => model.home() },
        ]
      : [];
  const waitingQuestions = live ? run.questions.filter((candidate) => postponed.has(candidate.question)).length : 0;
  const message =
    problemMessage(state.runProblem, view) ??
    (!live && run.finished === undefined && state.view?.live === false
      ? span(words.detached, 'warning')
      : waitingQuestions > 0
        ? span(words.waitingQuestions(waitingQuestions), 'warning')
        : stopping === 'asked'
          ? span(words.stopping, 'warning')
          : span(words.journal(journal), 'dim'));
  return (
    <ListScreen
      id="progress"
      title={words.title(run.workflow)}
      why={words.why}
      summary={summary}
      columns={[
        { title: words.host, width: 12, grow: 1 },
        { title: words.step, width: 16, grow: 3 },
        { title: words.amount, width: 24 },
      ]}
      count={order.length}
      rowKey={(row) => hostOf(row)?.name ?? ''}
      cells={cells}
      search={(row) => {
        const host = hostOf(row);
        return host === undefined ? '' : `${host.name} ${words.states[hostStatus(host)]}`;
      }}
      detail={detail}
      actions={actions}
      open={{ label: messages.commands.log, run: open }}
      commands={[
        {
          command: 'log',
          run: (row) => {
            const host = hostOf(row ?? 0);
            if (host !== undefined) setLog({ kind: 'host', host: host.name });
          },
        },
        { command: 'allLogs', run: () => setLog({ kind: 'all' }) },
        { command: 'commands', run: () => setLog({ kind: 'commands' }) },
        ...(live ? [{ command: 'stop' as const, run: () => setStopping('asking') }] : []),
      ]}
      back={leave}
      message={message}
    />
  );
}

function StepQuestion(props: {
  readonly question: OpenQuestion;
  readonly answer: (choice: string) => void;
  readonly later: () => void;
}): ReactNode {
  const { state } = useWizard();
  const view = useView();
  const words = view.messages.progress;
  const { step, choices } = props.question;
  const planned = state.run.plan[step];
  return (
    <QuestionScreen
      title={words.questionTitle}
      question={words.question(stepTitle(planned, view.messages), hostName(planned?.host ?? '', view))}
      body={(width) => stepFailureLines(state.run, step, width, view)}
      choices={[
        ...choices.map((choice) => ({ id: choice, label: words[choice], dangerous: choice !== 'retry' })),
        { id: 'later', label: words.later },
      ]}
      answer={(choice) => (choice === 'later' ? props.later() : props.answer(choice))}
      back={props.later}
    />
  );
}
