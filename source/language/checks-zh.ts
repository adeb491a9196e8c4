import type { CheckText } from './checks/text.ts';
import { clusterZh } from './checks/zh-cluster.ts';
import { kernelZh } from './checks/zh-kernel.ts';
import { leftoversZh } from './checks/zh-leftovers.ts';
import { machineZh } from './checks/zh-machine.ts';
import { runningZh } from './checks/zh-running.ts';
import type { CheckId } from './checks-en.ts';

/** What a person reads about each check, in Chinese. */
export const checksZh: Readonly<Record<CheckId, CheckText>> = {
  ...machineZh,
  ...kernelZh,
  ...leftoversZh,
  ...clusterZh,
  ...runningZh,
};
