import { expect, test } from 'vitest';
import { landfall } from '../cluster/landfall.ts';
import type { Lab } from '../hosts/lab.ts';
import { apply, onHost, type Stage, standsOn } from './stage.ts';

const planes = ['node-1', 'node-2', 'node-3'];
const pki = '/etc/kubernetes/pki/etcd';
const etcdctl = `/usr/local/bin/etcdctl --endpoints https://127.0.0.1:2379 --cacert ${pki}/ca.crt --cert ${pki}/server.crt --key ${pki}/server.key`;

/** The control plane that joined last: its manifest knows all members, so that it can begin again as a new one. */
async function lastJoined(lab: Lab): Promise<string> {
  for (const plane of planes) {
    const manifest = await onHost(lab, plane, 'cat /etc/kubernetes/manifests/etcd.yaml');
    if (/--initial-cluster=\S+,\S+,\S+/.test(manifest)) return plane;
  }
  throw new Error('no manifest of etcd names all members');
}

/** Makes a member begin anew as a learner that nobody promotes, as a kubeadm that was killed in between leaves it. */
async function makeLearner(lab: Lab, host: string): Promise<void> {
  const other = planes.find((plane) => plane !== host) ?? '';
  const address = lab.hosts.find((entry) => entry.name === host)?.address;
  const manifest = '/etc/kubernetes/manifests/etcd.yaml';
  const stop = `mv ${manifest} /root/etcd.yaml; for attempt in $(seq 120); do ss -Hltn 'sport = :2380' | grep -q . || exit 0; sleep 0.5; done; exit 1`;
  await onHost(lab, host, stop);
  const again = `set -e; id=$(${etcdctl} member list | grep ', ${host},' | cut -d, -f1); ${etcdctl} member remove "$id"; ${etcdctl} member add ${host} --learner --peer-urls=https://${address}:2380`;
  await onHost(lab, other, again);
  await onHost(lab, host, `rm -rf /var/lib/etcd/member && mv /root/etcd.yaml ${manifest}`);
  const caughtUp = `for attempt in $(seq 120); do ${etcdctl} member list | grep -q 'started, ${host},.*, true$' && exit 0; sleep 0.5; done; exit 1`;
  await onHost(lab, other, caughtUp);
}

export function etcdProofs(of: () => Stage): void {
  test('control planes joined as learners and were promoted; etcd itself wrote it down', async (context) => {
    const { lab, completed } = of();
    standsOn(context, completed, 'the install');
    const read = 'cat /var/log/pods/kube-system_etcd-*/etcd/*.log | grep -cE';
    const [learners, promoted] = await Promise.all([
      onHost(lab, 'node-1', `${read} '"added member".*"added-peer-is-learner":true'`),
      onHost(lab, 'node-1', `${read} '"promote member"'`),
    ]);
    expect(Number(learners)).toBeGreaterThanOrEqual(2);
    expect(Number(promoted)).toBeGreaterThanOrEqual(2);
    expect(await onHost(lab, 'node-1', `${etcdctl} member list | grep -c ', false$'`)).toBe('3\n');
  });

  test('a member that nobody promoted is named by status, and promoted by the same apply', async (context) => {
    const stage = of();
    const { lab, cluster, completed } = stage;
    standsOn(context, completed, 'the install');
    const host = await lastJoined(lab);
    await makeLearner(lab, host);
    const before = await landfall(lab, ['status', cluster]);
    expect(before.exitCode, before.stdout).toBe(1);
    expect(before.stdout).toMatch(new RegExp(`!!\\s+${host}\\s.*etcd is a learner that was not promoted yet`));
    const output = await apply(stage);
    expect(output.exitCode, output.stdout + output.stderr).toBe(0);
    expect(await onHost(lab, host, `${etcdctl} member list | grep -c ', false$'`)).toBe('3\n');
    await expect
      .poll(async () => (await landfall(lab, ['status', cluster])).exitCode, { timeout: 60_000, interval: 2000 })
      .toBe(0);
  });
}
