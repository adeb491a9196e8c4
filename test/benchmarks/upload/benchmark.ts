import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { cachePath } from '../../lab/cache.ts';
import { must, run } from '../../lab/hosts/command.ts';
import { type Lab, upLab } from '../../lab/hosts/lab.ts';
import { median } from '../install/statistics.ts';
import type { UploadReport, UploadRequest } from './landfall-upload.ts';

export type UploadBenchmarkOptions = {
  readonly megabytes: number;
  readonly rounds: number;
  readonly name: string;
  readonly result?: string;
};

type UploadRound = {
  /** Bytes a second. */
  readonly openSsh: number;
  readonly landfall: number;
  /** Bytes; of the process that uploads. */
  readonly memory: number;
  /** Seconds of processor time of that process. */
  readonly processor: number;
};

const target = '/var/lib/landfall/bench-upload';

async function makeFile(file: string, size: number): Promise<string> {
  const hash = createHash('sha256');
  const handle = await open(file, 'w');
  try {
    for (let left = size; left > 0; ) {
      const chunk = randomBytes(Math.min(left, 4 << 20));
      hash.update(chunk);
      await handle.write(chunk);
      left -= chunk.length;
    }
  } finally {
    await handle.close();
  }
  return hash.digest('hex');
}

async function byOpenSsh(lab: Lab, host: string, file: string): Promise<number> {
  const command = ['sh', '-c', 'file=$1; shift; exec "$@" <"$file"', 'sh', file];
  const began = Date.now();
  await must(lab.inside([...command, 'ssh', ...lab.sshArguments(host), `cat >${target}`]));
  return Date.now() - began;
}

/** Pairs of the same upload, whoever goes first changing; true when both goals hold. */
export async function runUploadBenchmark(
  options: UploadBenchmarkOptions,
  say: (line: string) => void,
): Promise<boolean> {
  const size = options.megabytes * 1e6;
  const lab = await upLab({ name: options.name, hosts: 1, replace: true }, () => {});
  const rounds: UploadRound[] = [];
  try {
    const [host] = lab.hosts;
    if (host === undefined) throw new TypeError('a lab has a host');
    const file = path.join(lab.directory, 'upload');
    const sha256 = await makeFile(file, size);
    const request: UploadRequest = { host, keyFile: lab.keyFile, home: lab.directory, file, size, sha256, target };
    const byLandfall = async (): Promise<UploadReport> =>
      JSON.parse(
        await must(lab.inside([process.execPath, process.argv[1] ?? '', 'upload-once', JSON.stringify(request)])),
      ) as UploadReport;
    const clear = () => lab.ssh(host.name, `rm -f ${target} ${target}.landfall-part; sync`);
    await must(['sh', '-c', 'cat "$1" >/dev/null', 'sh', file]);
    for (let number = 1; number <= options.rounds; number++) {
      let openSsh = 0;
      let landfall: UploadReport | undefined;
      const turns = [
        async () => {
          openSsh = await byOpenSsh(lab, host.name, file);
        },
        async () => {
          landfall = await byLandfall();
        },
      ];
      for (const turn of number % 2 === 1 ? turns : turns.toReversed()) {
        await clear();
        await turn();
      }
      if (landfall === undefined) throw new TypeError('both took their turn');
      rounds.push({
        openSsh: size / (openSsh / 1000),
        landfall: size / (landfall.milliseconds / 1000),
        memory: landfall.memory,
        processor: landfall.processor,
      });
      const last = rounds.at(-1);
      if (last) {
        say(
          `round ${number}: OpenSSH ${(last.openSsh / 1e6).toFixed(0)} MB/s, Landfall ${(last.landfall / 1e6).toFixed(0)} MB/s with ${(last.memory / 1e6).toFixed(0)} MB of memory and ${last.processor.toFixed(1)} s of processor: ${(last.landfall / last.openSsh).toFixed(2)}`,
        );
      }
    }
    const seen = await run(lab.inside(['ssh', ...lab.sshArguments(host.name), `sha256sum ${target}`]));
    if (!seen.stdout.startsWith(sha256)) throw new Error(`the host has another file: ${seen.stdout}`);
  } finally {
    await lab.down();
  }
  const paired = median(rounds.map((round) => round.landfall / round.openSsh)) ?? 0;
  const memory = Math.max(...rounds.map((round) => round.memory));
  say(
    `upload of ${options.megabytes} MB: median ratio ${paired.toFixed(2)} (goal 0.85), memory ${(memory / 1e6).toFixed(0)} MB (goal below 200)`,
  );
  const result = options.result ?? cachePath('bench', `upload-${new Date().toISOString().replace(/[:.]/g, '-')}.json`);
  await mkdir(path.dirname(result), { recursive: true });
  const load = (await readFile('/proc/loadavg', 'utf8')).trim();
  await writeFile(
    result,
    `${JSON.stringify({ taken: new Date().toISOString(), load, paired, memory, rounds }, null, 1)}\n`,
  );
  say(`saved in ${result}`);
  return paired >= 0.85 && memory < 200e6;
}
