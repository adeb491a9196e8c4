import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { writePrivateFile } from '../cluster/secrets.ts';

const schema = z.record(z.string(), z.number());
const longest = 24 * 3_600_000;

/** Which hosts a renewal has begun with, so that the same command goes on with it after it was interrupted. */
export type PendingRenewal = {
  /** Milliseconds at which the renewal of a host began; undefined when it has not. */
  since(host: string): number | undefined;
  begin(host: string): number;
  /** All hosts are done. */
  finish(): void;
};

/** Opens the renewal that goes on in a cluster's folder; one that was left a day ago is over. */
export function openPendingRenewal(home: string): PendingRenewal {
  const file = path.join(home, 'renewal.json');
  const read = (): Readonly<Record<string, number>> => {
    try {
      const all = schema.parse(JSON.parse(readFileSync(file, 'utf8')));
      return Object.fromEntries(Object.entries(all).filter(([, since]) => since > Date.now() - longest));
    } catch {
      return {};
    }
  };
  return {
    since: (host) => read()[host],
    begin(host) {
      const known = read()[host];
      if (known !== undefined) return known;
      // Certificates know whole seconds only.
      const since = Math.floor(Date.now() / 1000) * 1000;
      writePrivateFile(file, `${JSON.stringify({ ...read(), [host]: since })}\n`);
      return since;
    },
    finish: () => rmSync(file, { force: true }),
  };
}
