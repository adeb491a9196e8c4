import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { parse } from 'yaml';
import { componentDirectory } from '../components/build-go.ts';
import { goComponent } from '../components/recipes.ts';
import { releasesDirectory } from '../components/releases.ts';
import { must } from '../hosts/command.ts';
import { type MirrorLab, startMirror } from './mirror.ts';

type Recipe = {
  readonly spec: {
    readonly files: readonly { readonly source: string }[];
    readonly images: readonly { readonly name: string }[];
  };
};

async function hashOfFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/** Starts a mirror in a network namespace of its own and takes everything the recipes name from it. */
async function check(recipes: readonly string[]): Promise<void> {
  const directory = await mkdtemp(path.join(tmpdir(), 'landfall-mirror-'));
  const namespace = path.basename(directory);
  const lab: MirrorLab = {
    name: 'mirror-check',
    namespace,
    directory,
    inside: (command) => ['nsenter', `--net=/run/netns/${namespace}`, ...command],
  };
  const inside = (...command: readonly string[]) => must(lab.inside(command));
  await must(['ip', 'netns', 'add', namespace]);
  try {
    await inside('ip', 'link', 'set', 'lo', 'up');
    await inside('ip', 'address', 'add', '10.77.0.1/24', 'dev', 'lo');
    const mirror = await startMirror(lab, (line) => console.log(line));
    try {
      const pids = await readFile(path.join(directory, 'mirror.json'), 'utf8');
      await startMirror(lab, () => {});
      if ((await readFile(path.join(directory, 'mirror.json'), 'utf8')) !== pids) throw new Error('started twice');
      const crane = path.join(componentDirectory(goComponent('crane')), 'crane');
      for (const file of recipes) {
        const { spec } = parse(await readFile(file, 'utf8')) as Recipe;
        for (const { source } of spec.files) await checkFile(source.replace(/\$\{arch\}/g, 'amd64'), directory, inside);
        for (const { name } of spec.images) {
          const mirrored = `10.77.0.1:5000/${name}`;
          await inside(crane, 'validate', '--insecure', '--remote', mirrored);
          console.log(`${name} ${(await inside(crane, 'digest', '--insecure', mirrored)).trim()}`);
        }
      }
    } finally {
      await mirror.stop();
    }
  } finally {
    await must(['ip', 'netns', 'delete', namespace]);
    await rm(directory, { recursive: true, force: true });
  }
}

async function checkFile(
  source: string,
  directory: string,
  inside: (...command: readonly string[]) => Promise<string>,
): Promise<void> {
  const name = source.replace('https://', '');
  const url = `http://10.77.0.1:8080/${name}`;
  const received = path.join(directory, 'received');
  // In two halves, as a download that was interrupted is taken up again.
  await inside('curl', '--silent', '--show-error', '--fail', '--range', '0-999999', '--output', received, url);
  await inside('curl', '--silent', '--show-error', '--fail', '--continue-at', '-', '--output', received, url);
  const [wanted, found] = await Promise.all([hashOfFile(path.join(releasesDirectory(), name)), hashOfFile(received)]);
  await rm(received);
  if (wanted !== found) throw new Error(`${url} came with other content`);
  console.log(`${name} sha256:${found}`);
}

await check(process.argv.slice(2).length > 0 ? process.argv.slice(2) : ['offline-bundle/kubernetes-1.36.yaml']);
