import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { repositoryFile } from '../cluster/landfall.ts';
import { type KnownSecret, secretsIn } from './secrets.ts';

export type Sampler = {
  /** Ends the sampling. */
  stop(): Promise<void>;
  /** After `stop`: how often all processes were looked at, and how many distinct texts were seen. */
  counts(): { readonly rounds: number; readonly texts: number };
  /** After `stop`: where a secret was seen, such as `cmdline of ctr: password of the registry`. */
  find(secrets: readonly KnownSecret[]): readonly string[];
};

type Sample = { readonly kind: string; readonly who: string; readonly text: string; readonly rounds?: number };

/**
 * Looks at the command lines and environments of all processes of this machine, which are those of the operator and of all
 * hosts, many times a second.
 * @param file where what was seen is kept; it must not exist, and only root can read it.
 */
export async function sampleProcesses(file: string): Promise<Sampler> {
  const child = spawn(process.execPath, [repositoryFile('test/lab/support/process-sampler.ts'), file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  const samples = (): readonly Sample[] =>
    readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Sample);
  return {
    async stop() {
      if (child.exitCode !== null) return;
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
    counts() {
      const all = samples();
      return { rounds: all.at(-1)?.rounds ?? 0, texts: all.length - 1 };
    },
    find: (secrets) =>
      samples().flatMap(({ kind, who, text }) =>
        kind === 'end' ? [] : secretsIn(text, secrets).map((name) => `${kind} of ${who}: ${name}`),
      ),
  };
}
