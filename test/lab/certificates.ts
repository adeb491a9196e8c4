import { readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { ensureLabBundle } from './cluster/bundle.ts';
import { writeClusterDocument } from './cluster/document.ts';
import { labHome, landfall, landfallEnvironment, repositoryFile } from './cluster/landfall.ts';
import { ensureImages } from './components/ensure.ts';
import { type Output, pause, run, until } from './hosts/command.ts';
import { type Lab, openLab, upLab } from './hosts/lab.ts';
import { untilHealthy } from './probe/health.ts';
import { killHard, newRun, reachStep, seenRuns, startLandfall } from './support/live-run.ts';
import { useCluster } from './support/use-cluster.ts';

const cluster = 'demo';

/**
 * Calls the API through a node's own load balancer four times a second until told to stop; says the longest gap and when it
 * was, and what the calls were told that were not answered.
 */
const clientScript = `rm -f /tmp/stop; last=$(date +%s%3N); good=0; bad=0; longest=0; at=
errors=$(mktemp); failures=$(mktemp)
while [ ! -e /tmp/stop ]; do
  if kubectl --request-timeout 3s get --raw /api/v1/namespaces/default >/dev/null 2>$errors; then
    now=$(date +%s%3N); gap=$((now - last)); last=$now; good=$((good + 1))
    if [ $gap -gt $longest ]; then longest=$gap; at=$(date +%T); fi
  else
    bad=$((bad + 1))
    echo "$(date +%T.%3N) $(tail -n 1 $errors)" >>$failures
  fi
  sleep 0.25
done
echo "$good calls answered, $bad not; longest time without an answer $longest ms, until $at"
cat $failures; rm $errors $failures
`;

/** Runs something while a client on the last control plane calls the API, and says what the client saw. */
async function withClient(lab: Lab, say: (line: string) => void, work: () => Promise<void>): Promise<void> {
  const node = 'node-3';
  const client = lab.ssh(node, clientScript, { timeout: 3_600_000 });
  try {
    await work();
  } finally {
    await lab.ssh(node, 'touch /tmp/stop');
    say(`  client: ${(await client).stdout.trim()}`);
  }
}

/** What a run that is told in lines has changed, as "HOST: TITLE". */
function changedSteps(text: string): readonly string[] {
  return [...text.matchAll(/^\S+ {4}(node-\d+: .+) \([^()]+ s\)$/gm)].flatMap(([, step]) =>
    step === undefined ? [] : [step],
  );
}

/** Meanwhile the cluster's folder holds an authority of etcd that no host knows. */
async function withStrangeAuthority<Result>(home: string, work: () => Promise<Result>): Promise<Result> {
  const folder = path.join(home, 'pki/etcd');
  const kept = `${folder}-kept`;
  renameSync(folder, kept);
  try {
    return await work();
  } finally {
    rmSync(folder, { recursive: true, force: true });
    renameSync(kept, folder);
  }
}

/**
 * The life of a cluster's certificates of one year on real hosts: renewal while a client calls the API, by command and by the
 * timers of the nodes, new names, a renewal that is not well and is taken back, a rotation of authorities back from each
 * stage and to its end, with kills on the way, a host that joins afterwards, and the repair of a cluster whose certificates
 * have ended. Before and after each part pods on every node call the API. `only` names the parts to run; an installed lab of
 * that name is used as it is.
 */
export async function certificateSeries(
  options: { readonly name: string; readonly hosts: number; readonly only: readonly string[] },
  say: (line: string) => void,
): Promise<number> {
  await ensureImages(say);
  const lab = (await openLab(options.name)) ?? (await upLab({ name: options.name, hosts: options.hosts }, say));
  const bundle = await ensureLabBundle(lab, () => {});
  const choices = { name: cluster, controlPlanes: 3, validity: '1y' } as const;
  // The last host joins when the authorities are others than those the cluster began with.
  const document = await writeClusterDocument(lab, { ...choices, hosts: lab.hosts.slice(0, -1) });
  const home = path.join(labHome(lab), 'clusters', cluster);
  const must = async (...words: readonly string[]): Promise<string> => {
    const begun = Date.now();
    const output = await landfall(lab, words);
    say(`  ${words.join(' ')}: exit code ${output.exitCode} after ${Math.round((Date.now() - begun) / 1000)} s`);
    if (output.exitCode !== 0) throw new Error(`${words.join(' ')}\n${output.stdout}${output.stderr}`);
    return output.stdout;
  };
  const issue = async (days: number): Promise<void> => {
    const words = [process.execPath, repositoryFile('test/lab/support/issue-certificates.ts'), home, String(days)];
    const output = await run(lab.inside(words), { environment: landfallEnvironment(lab) });
    if (output.exitCode !== 0) throw new Error(output.stdout + output.stderr);
  };
  const authority = async (): Promise<string> =>
    (await lab.ssh('node-1', 'sha256sum </etc/kubernetes/pki/ca.crt')).stdout.slice(0, 12);
  /** Kills the run of a command some seconds after a step has begun. */
  const killedAt = async (step: string, ...words: readonly string[]): Promise<void> => {
    const known = seenRuns(lab, cluster);
    const begun = Date.now();
    const front = startLandfall(lab, words);
    const seen = await newRun(lab, cluster, known);
    await reachStep(seen, step);
    await pause(6000);
    await killHard(seen, [front]);
    say(`  ${words.join(' ')}: killed in ${step} after ${Math.round((Date.now() - begun) / 1000)} s`);
  };
  const thereAndBack = async (there: () => Promise<unknown>): Promise<void> => {
    const before = await authority();
    await withClient(lab, say, async () => {
      await there();
      await must('certificates', 'rotate-ca', '--back', '--yes');
    });
    if ((await authority()) !== before) throw new Error('the authorities are not the ones from before');
  };
  const parts: Readonly<Record<string, () => Promise<void>>> = {
    async renew() {
      await withClient(lab, say, async () => void (await must('certificates', 'renew', '--all', '--yes')));
    },
    async names() {
      await must('certificates', 'sans', 'add', 'api.example.org', '--cluster', document, '--yes');
      if (!readFileSync(document, 'utf8').includes('api.example.org')) throw new Error('the document has no new name');
      const call = 'kubectl --server https://10.77.0.12:6443 --tls-server-name api.example.org get --raw /readyz';
      const answer = await lab.ssh('node-1', call);
      if (answer.stdout !== 'ok') throw new Error(answer.stderr);
    },
    async timer() {
      const planes = lab.hosts.slice(0, 3);
      await issue(20);
      // All API servers started anew at once, which is not what the client is to see.
      await until(
        'the cluster is not well again',
        180_000,
        async () => (await landfall(lab, ['status'])).exitCode === 0,
      );
      // The timers themselves begin it, all three at once, only sooner than in six hours.
      const sooner =
        '[Timer]\nOnBootSec=\nOnUnitInactiveSec=\nRandomizedDelaySec=1s\nOnActiveSec=2s\nOnUnitInactiveSec=15s\n';
      const folder = '/run/systemd/system/landfall-renewal.timer.d';
      const reload = 'systemctl daemon-reload && systemctl restart landfall-renewal.timer';
      const everywhere = (script: string) => Promise.all(planes.map(({ name }) => lab.ssh(name, script)));
      const said = `journalctl -u landfall-renewal --since=@${Math.floor(Date.now() / 1000)} -o cat --no-pager | grep '^renewed with'`;
      try {
        await withClient(lab, say, async () => {
          await everywhere(`mkdir -p ${folder} && printf '${sooner}' >${folder}/sooner.conf && ${reload}`);
          await until('not every control plane has renewed its certificates', 600_000, async () => {
            return (await everywhere(said)).every(({ stdout }) => stdout.includes('renewed with'));
          });
          // Whoever has renewed does not begin again.
          await pause(20_000);
        });
      } finally {
        await everywhere(`rm -r ${folder}; ${reload}`);
      }
      for (const { stdout } of await everywhere(said)) {
        say(`  ${stdout.trim()}`);
        if (!/^renewed with 17\d{5} seconds left: done$/.test(stdout.trim())) throw new Error('not renewed once');
      }
      // The administrator's file was renewed on its host; the operator's copy of it follows with the next apply, and nothing else.
      const changed = changedSteps(await must('apply', document, '--yes'));
      if (changed.join() !== 'node-1: Save the access for kubectl') throw new Error(`apply changed ${changed.join()}`);
    },
    async refused() {
      const call = 'kubectl --server https://10.77.0.12:6443 get --raw /readyz';
      const sums = 'find /etc/kubernetes -type f | sort | xargs sha256sum | sha256sum';
      const before = (await lab.ssh('node-2', sums)).stdout;
      const answer = await withStrangeAuthority(home, async () => {
        let output: Output | undefined;
        await withClient(lab, say, async () => {
          output = await landfall(lab, ['certificates', 'renew', '--host', 'node-2', '--all', '--yes']);
        });
        return output;
      });
      const text = `${answer?.stdout}${answer?.stderr}`;
      if (answer?.exitCode !== 1 || !text.includes('the ones from before are in place again')) throw new Error(text);
      say(
        `  ${text
          .split('\n')
          .find((line) => line.includes('in place again'))
          ?.trim()}`,
      );
      if ((await lab.ssh('node-2', sums)).stdout !== before) throw new Error('node-2 has not what it had before');
      if ((await lab.ssh('node-1', call)).stdout !== 'ok') throw new Error('the API of node-2 is not ready');
      await must('certificates', 'renew', '--host', 'node-2', '--all', '--yes');
    },
    async 'back-trust'() {
      await thereAndBack(() => must('certificates', 'rotate-ca', '--until', 'trust', '--yes'));
    },
    async 'back-switch'() {
      await thereAndBack(async () => {
        await must('certificates', 'rotate-ca', '--until', 'switch', '--yes');
        await must('certificates', 'list');
      });
    },
    async 'back-retire'() {
      await thereAndBack(async () => {
        await killedAt('rotation/trust@node-3', 'certificates', 'rotate-ca', '--yes');
        await killedAt('rotation/retire@node-2', 'certificates', 'rotate-ca', '--yes');
      });
    },
    async rotate() {
      const before = await authority();
      await withClient(lab, say, async () => {
        await killedAt('rotation/switch@node-2', 'certificates', 'rotate-ca', '--yes');
        await must('certificates', 'rotate-ca', '--yes');
      });
      if ((await authority()) === before) throw new Error('the authorities are the ones from before');
      await Promise.all(['node-2', 'node-4'].map((name) => lab.reboot(name)));
      await untilHealthy(lab, 'node-1');
    },
    async join() {
      await writeClusterDocument(lab, choices);
      await must('apply', document, '--yes');
    },
    async expired() {
      await issue(-1 / 24);
      const dead = await lab.ssh('node-1', 'kubectl --request-timeout 5s get nodes');
      if (dead.exitCode === 0) throw new Error('the API answers with certificates that have ended');
      say(`  the API: ${dead.stderr.trim().split('\n').at(-1)}`);
      await must('certificates', 'renew', '--yes');
    },
  };
  if (options.only.length === 0 || options.only.includes('install')) {
    await must('apply', document, '--bundle', bundle, '--yes');
  }
  for (const [name, part] of Object.entries(parts)) {
    if (options.only.length > 0 && !options.only.includes(name)) continue;
    say(name);
    const begun = Date.now();
    await useCluster(lab);
    await part();
    await must('certificates', 'list');
    await must('status');
    await must('doctor');
    say(`  used on ${(await useCluster(lab)).join(', ')}`);
    const applied = await must('apply', document, '--yes');
    if (!applied.includes('Nothing to change')) throw new Error(`apply changed ${changedSteps(applied).join()}`);
    say(`  ${name}: ${Math.round((Date.now() - begun) / 1000)} s`);
  }
  return 0;
}
