import type { Plan, Step, StepReporter } from '../engine/step.ts';
import type { HostConnection } from '../hosts/connection.ts';
import { type PracticeAction, practiceAction } from './actions.ts';
import { parseProgress, practiceCommand } from './practice-commands.ts';
import type { PracticeContent } from './practice-content.ts';

export type PracticePlanOptions = {
  /** Connection to a host, made when a step first needs it; throws what kept the host from being reached. */
  readonly connection: (host: string) => Promise<HostConnection>;
  /** Host that stands in for steps on the operator machine. */
  readonly operator: string;
  /** Part of a real file's size that is sent. */
  readonly scale: number;
  readonly content: (size: number) => PracticeContent;
};

/**
 * The same plan for practice hosts: phases, titles, order and hosts stay, and what each step does becomes a command that
 * only a practice host knows. What is done is asked of the host, as in a real run.
 */
export function practicePlan(plan: Plan, options: PracticePlanOptions): Plan {
  return {
    ...plan,
    phases: plan.phases.map((phase) => ({
      ...phase,
      steps: phase.steps.map((step) =>
        /^(connect|preflight)\/host@/.test(step.id) ? step : practiceStep(step, phase.id, options),
      ),
    })),
  };
}

function practiceStep(real: Step, phase: string, options: PracticePlanOptions): Step {
  const { id, host, title, kind, after, stallAfter } = real;
  const action = practiceAction(id);
  const connection = (): Promise<HostConnection> => options.connection(host === 'operator' ? options.operator : host);
  return {
    id,
    phase,
    host,
    title,
    kind,
    after,
    ...(stallAfter === undefined ? {} : { stallAfter }),
    async probe() {
      const result = await (await connection()).run(practiceCommand('probe'), [id]);
      return { state: result.exitCode === 0 ? 'done' : 'needed' };
    },
    async apply(reporter) {
      const own = await connection();
      if (action.upload !== undefined) await upload(own, id, action.upload, options, reporter);
      await own.check(title, practiceCommand('apply'), [id], {
        signal: reporter.signal,
        onLine: (line) => report(line, action, reporter),
      });
    },
    async verify() {
      await (await connection()).check(`Prove: ${title}`, practiceCommand('verify'), [id]);
    },
  };
}

function report(line: string, action: PracticeAction, reporter: StepReporter): void {
  const progress = parseProgress(line);
  if (progress === undefined) reporter.output(line);
  else if (action.progress !== undefined) reporter.progress(progress.done, progress.total, progress.unit);
}

async function upload(
  connection: HostConnection,
  id: string,
  realSize: number,
  options: PracticePlanOptions,
  reporter: StepReporter,
): Promise<void> {
  const content = options.content(Math.max(1, Math.round(realSize * options.scale)));
  const [action = id] = id.split('@');
  await connection.upload({
    target: `/var/lib/landfall/practice/${action.replaceAll('/', '-')}`,
    mode: 0o644,
    size: content.size,
    sha256: content.sha256,
    open: content.open,
    onProgress: (sent) => reporter.progress(sent, content.size, 'bytes'),
    signal: reporter.signal,
  });
}
