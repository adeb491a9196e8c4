import type { PlannedStep } from '../../engine/events.ts';
import type { Messages } from '../../language/index.ts';
import { stepKey } from '../run-state.ts';

/** What a step does, in the language of the screens where it is known, else as the engine says it. */
export function stepTitle(step: Pick<PlannedStep, 'id' | 'title'> | undefined, messages: Messages): string {
  if (step === undefined) return '';
  const installed = /^Install (.+)$/.exec(step.title)?.[1];
  if (step.id.startsWith('applications/') && installed !== undefined) return messages.installs(installed);
  return messages.stepTitles[stepKey(step.id)] ?? step.title;
}
