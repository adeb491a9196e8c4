import type { ProbeResult, Step, StepKind, StepReporter } from '../engine/step.ts';
import { LandfallError } from '../errors.ts';
import type { ConnectedHost, InstallContext } from './context.ts';

export type HostStepDefinition = {
  /** `phase/action`; the host is added. */
  readonly id: string;
  readonly host: string;
  readonly title: string;
  readonly kind?: StepKind;
  readonly after: readonly string[];
  readonly stallAfter?: number;
  probe(host: ConnectedHost, reporter: StepReporter): Promise<boolean>;
  apply(host: ConnectedHost, reporter: StepReporter): Promise<void>;
  /** Probes again unless something closer to the user's view is given. */
  verify?(host: ConnectedHost, reporter: StepReporter): Promise<void>;
};

/** A step on one host whose parts get the connection and the facts of that host. */
export function hostStep(context: Pick<InstallContext, 'host'>, definition: HostStepDefinition): Step {
  const { id, host, title, kind = 'host', after, stallAfter } = definition;
  const [phase = id] = id.split('/');
  return {
    id: `${id}@${host}`,
    phase,
    host,
    title,
    kind,
    after,
    ...(stallAfter === undefined ? {} : { stallAfter }),
    async probe(reporter): Promise<ProbeResult> {
      const done = await definition.probe(await context.host(host), reporter);
      return done ? { state: 'done' } : { state: 'needed' };
    },
    async apply(reporter) {
      await definition.apply(await context.host(host), reporter);
    },
    async verify(reporter) {
      const connected = await context.host(host);
      if (definition.verify !== undefined) return definition.verify(connected, reporter);
      if (!(await definition.probe(connected, reporter))) {
        throw new LandfallError({
          code: 'STEP_NOT_PROVED',
          message: `"${title}" ran without an error, but the host does not show its result.`,
          fix: 'Look at the log of this host, then run the same command again.',
        });
      }
    },
  };
}
