/** The commands only a practice host knows. On a real host they end in an error instead of doing nothing. */
export type PracticeCommand = 'probe' | 'apply' | 'verify' | 'repair';

const refusal = 'echo "this is a command of the practice fleet, and this is a real host" >&2\nexit 126';

/** Script of a command; its argument is the id of the step, or of the check whose finding is to be repaired. */
export function practiceCommand(command: PracticeCommand): string {
  return `# landfall-practice ${command}\n${refusal}`;
}

/** The command of a script, if it is one of the practice fleet's. */
export function asPracticeCommand(script: string): PracticeCommand | undefined {
  return (['probe', 'apply', 'verify', 'repair'] as const).find((command) => script === practiceCommand(command));
}

/** A line of a practice command's output that tells how far it is. */
export function progressLine(done: number, total: number, unit: 'bytes' | 'items'): string {
  return `landfall-practice-progress ${done} ${total} ${unit}`;
}

export function parseProgress(
  line: string,
): { readonly done: number; readonly total: number; readonly unit: 'bytes' | 'items' } | undefined {
  const [, done, total, unit] = /^landfall-practice-progress (\d+) (\d+) (bytes|items)$/.exec(line) ?? [];
  if (unit !== 'bytes' && unit !== 'items') return undefined;
  return { done: Number(done), total: Number(total), unit };
}
