import { clusterEn } from './checks/en-cluster.ts';
import { kernelEn } from './checks/en-kernel.ts';
import { leftoversEn } from './checks/en-leftovers.ts';
import { machineEn } from './checks/en-machine.ts';
import { runningEn } from './checks/en-running.ts';
import type { CheckText } from './checks/text.ts';

/** What a person reads about each check. Its keys are the ids of all checks. */
export const checksEn = { ...machineEn, ...kernelEn, ...leftoversEn, ...clusterEn, ...runningEn } satisfies Readonly<
  Record<string, CheckText>
>;

/** Stable name of a check; documents and pipelines use it. */
export type CheckId = keyof typeof checksEn;
