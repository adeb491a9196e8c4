import { LandfallError } from '../errors.ts';

/** What can be wrong with a practice host, with what it means to a person; `--help` prints these. */
export const faultMeanings = {
  'wrong-password':
    'the host has another password, which the fleet tells; it refuses every login until that one is given',
  'lost-connection': 'the connection breaks once, at 50 % (or @PERCENT) of the first file; the next try goes on there',
  'power-off':
    'the host is cut off at 50 % (or @PERCENT) of the first file and is back 30 seconds later; then the file goes on',
  'slow-disk': 'the host takes files 15 times slower; nothing fails',
  'full-disk': 'the disk is full at 60 % (or @PERCENT) of the first file; the second try finds room and goes on there',
  'failed-check':
    'another program holds port 6443: the checks of the host name it; after a repair, and at the third look, it is gone',
} as const;

export type FaultKind = keyof typeof faultMeanings;

/** A fault of one host; `percent` of the bytes of the first file that is sent to it. */
export type Fault = { readonly kind: FaultKind; readonly host: string; readonly percent: number };

const percents: Partial<Record<FaultKind, number>> = { 'lost-connection': 50, 'power-off': 50, 'full-disk': 60 };

function isKind(word: string): word is FaultKind {
  return Object.hasOwn(faultMeanings, word);
}

function invalid(entry: string, message: string): LandfallError {
  return new LandfallError({
    code: 'PRACTICE_FAULTS',
    message: `The fault "${entry}" cannot be read: ${message}.`,
    fix: 'Write faults as KIND:HOST or KIND:HOST@PERCENT%, as wrong-password:node-2,lost-connection:node-3@40%.',
    exitStatus: 2,
  });
}

/**
 * Reads `wrong-password:node-2,lost-connection:node-3@40%`. Throws PRACTICE_FAULTS for an unknown kind or host.
 * @param hosts names that exist.
 */
export function parseFaults(text: string, hosts: readonly string[]): readonly Fault[] {
  const known = new Set(hosts);
  return text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .map((entry) => {
      const [, kind = '', host = '', percent] = /^([a-z-]+):([a-z0-9-]+)(?:@(\d+)%?)?$/.exec(entry) ?? [];
      if (kind === '') throw invalid(entry, 'it is not of the form KIND:HOST');
      if (!isKind(kind))
        throw invalid(entry, `there is no fault ${kind}; there are ${Object.keys(faultMeanings).join(', ')}`);
      if (!known.has(host)) throw invalid(entry, `there is no host ${host}`);
      const usual = percents[kind];
      if (percent !== undefined && usual === undefined) throw invalid(entry, `${kind} takes no percentage`);
      const value = percent === undefined ? (usual ?? 0) : Number(percent);
      if (value > 99) throw invalid(entry, 'the percentage must be 0 to 99');
      return { kind, host, percent: value };
    });
}
