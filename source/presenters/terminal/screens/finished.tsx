import { type ReactNode, useState } from 'react';
import { roughDuration } from '../../../language/format.ts';
import { type Area, pairs } from '../components/layout.ts';
import { type Spans, span } from '../components/line.tsx';
import { type Action, ListScreen } from '../components/list-screen.tsx';
import { problemMessage } from '../components/problem.ts';
import { useSpinner } from '../components/spinner.ts';
import { stepTitle } from '../step-title.ts';
import { useView } from '../view.tsx';
import { useWizard } from '../wizard-context.tsx';
import { failureLines, stepFailureLines } from './progress.tsx';
import { type LogChoice, RunLogScreen } from './run-log.tsx';

/** How the run ended: addresses and passwords, or what failed and how to go on. */
export function FinishedScreen(): ReactNode {
  const { state } = useWizard();
  const [log, setLog] = useState<LogChoice>();
  if (log !== undefined) {
    return (
      <RunLogScreen run={state.run} choice={log} journal={state.view?.journal ?? ''} close={() => setLog(undefined)} />
    );
  }
  const showLog = (): void => setLog({ kind: 'all' });
  return state.run.finished?.outcome === 'succeeded' ? <Success showLog={showLog} /> : <Failure showLog={showLog} />;
}

function Success({ showLog }: { readonly showLog: () => void }): ReactNode {
  const { model, state } = useWizard();
  const view = useView();
  const { messages, profile } = view;
  const words = messages.finished;
  const [revealed, setRevealed] = useState(false);
  const { access, run } = state;
  const spinner = useSpinner(access === undefined && state.runProblem === undefined);
  const entries = access?.applications ?? [];
  const secrets = entries.some((entry) => entry.password !== undefined);
  const { finished } = run;
  const duration = messages.words.duration(roughDuration(finished?.milliseconds ?? 0));
  const unchanged = finished !== undefined && finished.changed === 0;
  const password = (value: string | undefined): Spans =>
    value === undefined ? [] : revealed ? [span(value, 'accent')] : [span(profile.glyphs.mask.repeat(8), 'dim')];
  const reset = run.workflow === 'reset';
  const turn = revealed ? words.hide : words.reveal;
  const actions: readonly Action[] = [
    { id: 'done', label: words.done, run: () => model.home() },
    { id: 'manage', label: words.manage, run: () => model.runs.manage(run.cluster) },
    { id: 'logs', label: words.logs, run: showLog },
  ];
  const summary = (area: Area): readonly Spans[] => {
    if (access === undefined) {
      return state.runProblem === undefined ? [[span(`${spinner} ${words.loading}`, 'running')]] : [];
    }
    const facts: (readonly [string, string])[] = [
      ...access.commands.map((command, index) => [index === 0 ? words.kubectl : '', command] as const),
      [words.document, access.document],
      [words.repeat, access.repeat],
    ];
    return pairs(area.height < 12 ? facts.slice(0, 3) : facts, area.width);
  };
  const message = problemMessage(state.runProblem, view);
  return (
    <ListScreen
      id={`finished-${run.run}`}
      title={reset ? words.resetTitle : words.success}
      why={
        reset ? words.resetWhy : unchanged ? words.unchangedWhy(run.cluster) : words.successWhy(run.cluster, duration)
      }
      startAt="actions"
      {...(reset ? {} : { summary })}
      columns={[
        { title: words.application, width: 14, grow: 1 },
        { title: words.address, width: 24, grow: 2 },
        { title: secrets ? words.user : '', width: 8, optional: 1 },
        { title: secrets ? words.password : '', width: 14, grow: 1 },
      ]}
      count={reset ? 0 : entries.length}
      rowKey={(row) => entries[row]?.name ?? ''}
      cells={(row) => {
        const entry = entries[row];
        if (entry === undefined) return [];
        return [
          [span(entry.title)],
          [span(entry.address ?? '', 'accent')],
          [span(entry.user ?? '')],
          password(entry.password),
        ];
      }}
      empty={access === undefined || reset ? [] : [words.noApplications]}
      detail={(row, area) => {
        const entry = entries[row];
        if (entry === undefined) return [];
        const shown = entry.password === undefined ? '' : revealed ? entry.password : words.hidden;
        return pairs(
          [
            [words.address, entry.address ?? ''],
            [words.user, entry.user ?? ''],
            [words.password, shown],
            ...(entry.hint === undefined ? [] : [[words.tryIt, entry.hint] as const]),
          ],
          area.width,
        );
      }}
      actions={actions}
      {...(secrets ? { open: { label: turn, run: () => setRevealed(!revealed) } } : {})}
      commands={[
        ...(secrets ? [{ command: 'reveal' as const, label: turn, run: () => setRevealed(!revealed) }] : []),
        { command: 'log', run: showLog },
      ]}
      back={() => model.home()}
      {...(message === undefined ? {} : { message })}
    />
  );
}

function Failure({ showLog }: { readonly showLog: () => void }): ReactNode {
  const { model, state } = useWizard();
  const view = useView();
  const { messages, profile } = view;
  const { glyphs } = profile;
  const words = messages.finished;
  const { run } = state;
  const failed = run.steps.flatMap((step, index) => (step.status === 'failed' ? [index] : []));
  const stopped = run.finished?.outcome === 'stopped';
  const finishedCount = run.finished?.failed ?? 0;
  const actions: readonly Action[] = [
    { id: 'retry', label: words.retry, run: () => model.runs.resume(run.cluster) },
    { id: 'logs', label: words.logs, run: showLog },
    { id: 'report', label: words.report, run: () => model.runs.report() },
    { id: 'done', label: messages.words.close, run: () => model.home() },
  ];
  const message =
    problemMessage(state.runProblem, view) ??
    (state.report === undefined ? undefined : span(words.reportSaved(state.report), 'good'));
  return (
    <ListScreen
      id={`failed-${run.run}`}
      title={stopped ? words.stopped : words.failed}
      why={stopped ? words.stoppedWhy : words.failedWhy(Math.max(failed.length, finishedCount))}
      startAt={failed.length > 0 ? 'list' : 'actions'}
      summary={(area) => {
        const { finished } = run;
        if (run.failure !== undefined) return failureLines(run.failure.details, area.width, view);
        if (finished === undefined) return [];
        return [[span(words.changed(finished.changed, finished.unchanged, finished.skipped), 'dim')]];
      }}
      columns={[
        { title: words.host, width: 14, grow: 1 },
        { title: words.step, width: 24, grow: 2 },
        { title: words.cause, width: 18, grow: 1, optional: 1 },
      ]}
      count={failed.length}
      rowKey={(row) => String(failed[row])}
      cells={(row) => {
        const index = failed[row] ?? -1;
        const planned = run.plan[index];
        return [
          [span(`${glyphs.failed} `, 'bad'), span(planned?.host ?? '')],
          [span(stepTitle(planned, messages))],
          [span(run.steps[index]?.failure?.code ?? '', 'dim')],
        ];
      }}
      detail={(row, area) => stepFailureLines(run, failed[row] ?? -1, area.width, view)}
      actions={actions}
      open={{ label: messages.commands.log, run: showLog }}
      commands={[
        { command: 'log', run: showLog },
        { command: 'report', run: () => model.runs.report() },
      ]}
      back={() => model.home()}
      {...(message === undefined ? {} : { message })}
    />
  );
}
