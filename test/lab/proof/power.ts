import { expect, test } from 'vitest';
import { landfall } from '../cluster/landfall.ts';
import { pause } from '../hosts/command.ts';
import { allowClients, forgetClients, type Series, startClients } from '../probe/clients.ts';
import { untilHealthy } from '../probe/health.ts';
import { forgetWebServers, webServers } from '../probe/web-servers.ts';
import { onHost, type Stage, standsOn } from './stage.ts';

function longest(seen: ReadonlyMap<string, readonly Series[]>, matches: (name: string) => boolean): number {
  const gaps = [...seen.values()].flat().flatMap(({ name, gap }) => (matches(name) ? [gap] : []));
  expect(gaps.length).toBeGreaterThan(0);
  return Math.max(...gaps);
}

const toApi = (name: string) => name === 'kept' || name === 'fresh';
const toPods = (name: string) => name.startsWith('pod ');

/** What no cluster of this lab is spared in life; the whole series is a benchmark. */
export function powerProofs(of: () => Stage): void {
  test('the balancers need neither containerd nor its images, and lose no connection when their servers change', async (context) => {
    const { lab, completed } = of();
    standsOn(context, completed, 'the install');
    const host = 'node-5';
    const token = await allowClients(lab, 'node-1');
    const clients = await startClients(lab, token, { hosts: [host], rate: 20, pods: [] });
    // No image of it is left that anything could remove; and containerd starts anew as when it gets other registries.
    expect(await onHost(lab, host, 'ctr --namespace landfall images list --quiet')).not.toContain('haproxy');
    await onHost(lab, host, 'systemctl restart containerd');
    const file = '/etc/landfall/load-balancer/haproxy.cfg';
    const before = await onHost(lab, host, `cat ${file}`);
    for (const servers of ['node-3', 'none']) {
      const text = before
        .split('\n')
        .filter((line) => !line.startsWith(`  server ${servers} `))
        .join('\n');
      await onHost(lab, host, `cat >${file} <<'END'\n${text}END\nsystemctl reload landfall-load-balancer`);
      await pause(2000);
    }
    expect(await onHost(lab, host, `cat ${file}`)).toBe(before);
    const seen = (await clients.stop()).get(host) ?? [];
    const failures = seen.map(({ name, failed, lastError }) => ({ name, failed, lastError }));
    expect(failures).toEqual(seen.map(({ name }) => ({ name, failed: 0, lastError: '' })));
  });

  test('a control plane loses power: every node still reaches the API, pods answer, and it comes back by itself', async (context) => {
    const stage = of();
    const { lab, completed } = stage;
    standsOn(context, completed, 'the install');
    const victim = 'node-2';
    const hosts = lab.hosts.map(({ name }) => name).filter((name) => name !== victim);
    const [token, servers] = [await allowClients(lab, 'node-1'), await webServers(lab, 'node-1')];
    const choices = { hosts, rate: 10, pods: hosts.flatMap((host) => servers.get(host) ?? []) };
    // How long this machine, as busy as it is, makes them wait when nothing is wrong.
    const undisturbed = await startClients(lab, token, choices);
    await pause(3000);
    const calm = await undisturbed.stop();
    const clients = await startClients(lab, token, choices);
    stage.rebooted.add(victim);
    await lab.powerOff(victim);
    await pause(8000);
    const seen = await clients.stop();
    console.log(
      `longest gaps in ms: API ${longest(seen, toApi)} (calm ${longest(calm, toApi)}), pods ${longest(seen, toPods)} (calm ${longest(calm, toPods)})`,
    );
    expect(longest(seen, toApi)).toBeLessThan(3000 + 2 * longest(calm, toApi));
    expect(longest(seen, toPods)).toBeLessThan(1000 + 2 * longest(calm, toPods));
    await lab.powerOn(victim);
    await untilHealthy(lab, 'node-1');
    await forgetWebServers(lab, 'node-1');
    await forgetClients(lab, 'node-1');
  });

  test('all hosts start anew at once, and the cluster is healthy without a hand', async (context) => {
    const { lab, cluster, completed, rebooted } = of();
    standsOn(context, completed, 'the install');
    const began = Date.now();
    const since = (): number => Math.round((Date.now() - began) / 1000);
    const down = Promise.all(
      lab.hosts.map(async ({ name }) => {
        rebooted.add(name);
        return lab.reboot(name);
      }),
    );
    // Too few control planes for anything, and nothing may be waited for then.
    await pause(4000);
    const early = await landfall(lab, ['status', cluster]);
    const told = since();
    const slowest = Math.max(...(await down));
    const up = since();
    await untilHealthy(lab, 'node-1', 400_000);
    console.log(
      `all down after ${(slowest / 1000).toFixed(1)} s, all take logins after ${up} s, healthy after ${since()} s; status said ${early.exitCode} after ${told} s`,
    );
    expect(early.exitCode, early.stdout + early.stderr).not.toBe(0);
    expect((await landfall(lab, ['status', cluster])).exitCode).toBe(0);
  });
}
