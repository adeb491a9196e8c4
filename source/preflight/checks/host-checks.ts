import type { HostCheck } from '../check.ts';
import { diskChecks } from './disk.ts';
import { kernelChecks } from './kernel.ts';
import { leftoverChecks } from './leftovers.ts';
import { memoryChecks } from './memory.ts';
import { nameChecks } from './names.ts';
import { networkChecks } from './network.ts';
import { portChecks } from './ports.ts';
import { processorChecks } from './processor.ts';
import { systemChecks } from './system.ts';
import { timeChecks } from './time.ts';

/** Every check that needs nothing but the facts of one host, in the order a person reads them. */
export const hostChecks: readonly HostCheck[] = [
  ...systemChecks,
  ...processorChecks,
  ...memoryChecks,
  ...diskChecks,
  ...kernelChecks,
  ...timeChecks,
  ...nameChecks,
  ...networkChecks,
  ...portChecks,
  ...leftoverChecks,
];
