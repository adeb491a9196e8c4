import type { FailureDetails, JournalEvent, PlannedStep } from '../../engine/events.ts';
import { cleanText } from '../terminal/text.ts';

export type PlainOptions = {
  readonly write: (line: string) => void;
  /** Shows the log lines of steps too. */
  readonly verbose: boolean;
};

export type PlainPresenter = { show(event: JournalEvent): void };

/** `0.4 s`, `12 s`, `3 min 05 s`. */
export function duration(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
}

function failureLines(failure: FailureDetails): readonly string[] {
  const command = failure.command === undefined ? [] : [`    while: ${failure.command}`];
  const code = failure.exitCode === undefined ? [] : [`    exit code: ${failure.exitCode}`];
  const output = (failure.output ?? '')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => `    | ${line}`);
  return [...command, ...code, ...output, ...(failure.fix === undefined ? [] : [`    what to do: ${failure.fix}`])];
}

/** One line when something changes, never an animation: for logs, pipes, slow lines and screen readers. */
export function plainPresenter({ write: writeLine, verbose }: PlainOptions): PlainPresenter {
  // Much of it was printed by hosts, and must not steer the terminal of who reads it.
  const write = (line: string): void => writeLine(cleanText(line.replaceAll(/\r?\n/g, ' ')));
  const steps = new Map<string, PlannedStep>();
  const open = new Map<string, number>();
  const titles = new Map<string, string>();
  const shownBytes = new Map<string, number>();
  let finished = 0;
  const at = (event: JournalEvent): string => event.at.slice(11, 19);
  const name = (id: string): string => {
    const step = steps.get(id);
    return step === undefined ? id : `${step.host}: ${step.title}`;
  };
  const closePhase = (event: JournalEvent, id: string): void => {
    finished++;
    const phase = steps.get(id)?.phase ?? '';
    const left = (open.get(phase) ?? 1) - 1;
    open.set(phase, left);
    if (left === 0) write(`${at(event)} == ${titles.get(phase)}: done (${finished} of ${steps.size} steps)`);
  };

  return {
    show(event) {
      switch (event.type) {
        case 'run-started':
          write(`${at(event)} run ${event.run} of cluster ${event.cluster} (${event.workflow})`);
          return;
        case 'planned':
          for (const step of event.steps) {
            steps.set(step.id, step);
            open.set(step.phase, (open.get(step.phase) ?? 0) + 1);
          }
          for (const phase of event.phases) titles.set(phase.id, phase.title);
          write(`${at(event)} ${event.steps.length} steps in ${event.phases.length} phases`);
          return;
        case 'step-started':
          if (event.attempt > 1) write(`${at(event)}    ${name(event.step)}: attempt ${event.attempt}`);
          return;
        case 'step-progress': {
          // A line for each tenth of what takes long: enough to see that it goes on, few enough for a log.
          if (event.unit !== 'bytes' || event.total === undefined || event.total < 20_000_000) return;
          const tenth = Math.floor((event.done / event.total) * 10);
          if (tenth <= (shownBytes.get(event.step) ?? 0)) return;
          shownBytes.set(event.step, tenth);
          if (tenth < 10) {
            const total = Math.round(event.total / 1e6);
            write(`${at(event)}    ${name(event.step)}: ${tenth * 10} % of ${total} MB`);
          }
          return;
        }
        case 'step-command':
          if (verbose) write(`${at(event)}    ${name(event.step)} $ ${event.command}`);
          return;
        case 'step-output':
          if (verbose) write(`${at(event)}    ${name(event.step)} | ${event.line}`);
          return;
        case 'step-finished':
          if (event.outcome === 'applied') {
            write(`${at(event)}    ${name(event.step)} (${duration(event.milliseconds)})`);
          }
          closePhase(event, event.step);
          return;
        case 'step-failed': {
          const again = event.retryIn === undefined ? '' : `; trying again in ${duration(event.retryIn)}`;
          write(`${at(event)} !! ${name(event.step)} failed [${event.failure.code}]: ${event.failure.message}${again}`);
          if (event.retryIn === undefined) for (const line of failureLines(event.failure)) write(line);
          return;
        }
        case 'step-skipped':
          if (verbose) write(`${at(event)}    ${name(event.step)}: skipped because of ${event.because}`);
          return;
        case 'question':
          return;
        case 'answer':
          write(`${at(event)}    ${event.question.replace(/#\d+$/, '')}: ${event.answer}`);
          return;
        case 'note':
          write(`${at(event)}    ${event.text}`);
          return;
        case 'run-failed': {
          const host = event.host === undefined ? '' : `${event.host}: `;
          write(`${at(event)} !! ${host}[${event.failure.code}] ${event.failure.message}`);
          for (const line of failureLines(event.failure)) write(line);
          return;
        }
        case 'run-finished': {
          const total = duration(event.milliseconds);
          if (event.outcome === 'succeeded') {
            write(
              event.changed === 0
                ? `${at(event)} Nothing to change: all ${event.unchanged} steps were done already (${total}).`
                : `${at(event)} Finished in ${total}: ${event.changed} steps changed something, ${event.unchanged} were done already.`,
            );
          } else {
            const word = event.outcome === 'stopped' ? 'Stopped' : 'Failed';
            write(
              `${at(event)} ${word} after ${total}: ${event.changed} steps changed something, ${event.failed} failed, ${event.skipped} were not run.`,
            );
          }
        }
      }
    },
  };
}
