import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { LandfallError } from '../../source/errors.ts';
import { ensureLabBundle } from './cluster/bundle.ts';
import { writeClusterDocument } from './cluster/document.ts';
import { landfall } from './cluster/landfall.ts';
import { ensureImages } from './components/ensure.ts';
import { type Output, pause } from './hosts/command.ts';
import { type Lab, upLab } from './hosts/lab.ts';
import { kubectl, onHost } from './proof/stage.ts';
import { killHard, newRun, reachProgress, seenRuns, startLandfall } from './support/live-run.ts';

const planes = ['node-1', 'node-2', 'node-3'];
const worker = 'node-4';
const cluster = 'demo';

function demand(output: Output, what: string): Output {
  if (output.exitCode === 0) return output;
  throw new LandfallError({ code: 'LAB_RESTORE', message: `${what} failed:\n${output.stdout}${output.stderr}` });
}

function same(found: string, wanted: string, what: string): void {
  if (found === wanted) return;
  throw new LandfallError({ code: 'LAB_RESTORE', message: `${what}: "${found}" instead of "${wanted}"` });
}

/** What a worker's disk holds of an application: its marker proves that the volume is the old one. */
const volumeManifest = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: keeper, namespace: default }
spec:
  strategy: { type: Recreate }
  selector: { matchLabels: { app: keeper } }
  template:
    metadata: { labels: { app: keeper } }
    spec:
      terminationGracePeriodSeconds: 0
      nodeSelector: { kubernetes.io/hostname: ${worker} }
      containers:
        - name: keeper
          image: docker.io/library/busybox:1.35.0
          command: [sh, -c, 'test -e /data/word || echo "made once" >/data/word; exec sleep 1000000']
          volumeMounts: [{ name: data, mountPath: /data }]
      volumes: [{ name: data, hostPath: { path: /srv/keeper, type: DirectoryOrCreate } }]
`;

type Proof = {
  readonly lab: Lab;
  readonly backup: string;
  readonly passphrase: string;
  readonly bundle: string;
  readonly say: (line: string) => void;
};

/** kubectl, tried again for a while: on a busy machine an API server may be slow at any moment. */
async function patiently(lab: Lab, words: string, input?: string): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await kubectl(lab, words, input);
    } catch (error) {
      if (attempt === 6) throw error;
      await pause(5000);
    }
  }
}

const configMap = (name: string, word: string): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' }, data: { word } });

const seconds = (since: number): string => `${Math.round((Date.now() - since) / 1000)} s`;

/** The operator machine is lost with the control planes: all that is known is the file, its passphrase and the bundle. */
async function rebuildOnce({ lab, backup, passphrase, bundle, say }: Proof, kill: boolean): Promise<void> {
  const home = path.join(lab.directory, 'another-operator');
  const command = ['restore', backup, '--bundle', bundle, '--passphrase-file', passphrase, '--yes'];
  const environment = { LANDFALL_HOME: home };
  const begun = Date.now();
  if (kill) {
    // The run lies where the program looks for it, so this one is told to use the lab's own folder.
    const known = seenRuns(lab, cluster);
    const front = startLandfall(lab, command);
    const run = await newRun(lab, cluster, known);
    await reachProgress(run, 0.6);
    await killHard(run, [front]);
    say(`killed after ${seconds(begun)}; the same command again`);
    demand(await landfall(lab, command, { onLine: say }), 'the restore after a kill');
  } else {
    demand(await landfall(lab, command, { environment, onLine: say }), 'the restore');
  }
  say(`restored after ${seconds(begun)}`);
  const status = await landfall(lab, ['status', cluster], kill ? {} : { environment });
  say(status.stdout);
  demand(status, 'the status of the restored cluster');
}

async function proveContent(lab: Lab, uptime: string): Promise<void> {
  const word = await patiently(lab, "get configmap before -o jsonpath='{.data.word}'");
  same(word, 'kept', 'the ConfigMap of before the backup');
  same((await patiently(lab, 'get configmap after --ignore-not-found')).trim(), '', 'a ConfigMap of after the backup');
  await patiently(lab, 'rollout status deployment/keeper --timeout=240s');
  same(
    (await patiently(lab, 'exec deployment/keeper -- cat /data/word')).trim(),
    'made once',
    'the data on the worker',
  );
  const nodes = await patiently(lab, 'get nodes --no-headers');
  same(
    nodes
      .trim()
      .split('\n')
      .map((line) => line.split(/\s+/).slice(0, 2).join(' '))
      .join(', '),
    [...planes, worker].map((name) => `${name} Ready`).join(', '),
    'the nodes',
  );
  same(await bootOf(lab), uptime, 'the boot of the worker, which lived through it');
}

const bootOf = (lab: Lab): Promise<string> =>
  onHost(lab, worker, 'systemctl show --property=UserspaceTimestampMonotonic --value; stat -c %Y /proc/1');

/** The proof itself, on a cluster that was just installed on four hosts. */
export async function proveRestoreOn(lab: Lab, bundle: string, say: (line: string) => void): Promise<void> {
  await patiently(lab, 'apply -f -', configMap('before', 'kept'));
  await patiently(lab, 'apply -f -', volumeManifest);
  await patiently(lab, 'rollout status deployment/keeper --timeout=240s');
  same(
    (await patiently(lab, 'exec deployment/keeper -- cat /data/word')).trim(),
    'made once',
    'the data on the worker',
  );
  const passphrase = path.join(lab.directory, 'passphrase');
  writeFileSync(passphrase, 'correct horse battery\n', { mode: 0o600 });
  const backup = path.join(lab.directory, 'demo.backup');
  const made = ['backup', cluster, '--output', backup, '--passphrase-file', passphrase];
  demand(await landfall(lab, made, { onLine: say }), 'the backup');
  await patiently(lab, 'apply -f -', configMap('after', 'lost'));
  const uptime = await bootOf(lab);
  const proof: Proof = { lab, backup, passphrase, bundle, say };
  for (const kill of [false, true]) {
    say(`new machines in the place of ${planes.join(', ')}`);
    await Promise.all(planes.map((host) => lab.replace(host)));
    if (kill) {
      // The pinned keys are those of machines that are no more.
      const known = path.join(lab.directory, 'home', 'clusters', cluster, 'known-hosts');
      writeFileSync(known, '', { mode: 0o600 });
    }
    await rebuildOnce(proof, kill);
    await proveContent(lab, uptime);
    say(kill ? 'proved, with a kill in the middle' : 'proved');
    await patiently(lab, 'apply -f -', configMap('after', 'lost'));
  }
}

/**
 * Installs three control planes and a worker, makes a backup, replaces all control planes and the operator machine by new
 * ones, and restores; then once more with a kill of the program in the middle. Everything is judged from the cluster itself.
 */
export async function proveRestore(name: string, say: (line: string) => void): Promise<number> {
  await ensureImages(say);
  const lab = await upLab({ name, hosts: 4, replace: true }, say);
  try {
    const bundle = await ensureLabBundle(lab, () => {});
    const document = await writeClusterDocument(lab, { applications: ['website'] });
    demand(await landfall(lab, ['apply', document, '--bundle', bundle, '--yes'], { onLine: say }), 'the install');
    await proveRestoreOn(lab, bundle, say);
    const packets = await lab.outsidePackets();
    say(`packets to addresses outside: ${packets}`);
    return packets === 0 ? 0 : 1;
  } finally {
    await lab.down();
  }
}
