import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { readdir, rmdir } from 'node:fs/promises';
import { must, run, until } from './command.ts';
import { bridge, gateway, insideNetwork, namespaceFile, namespaceName, serviceNetwork, subnet } from './names.ts';

// Every frame that a host puts on the bridge passes here, whether it is for another host or for the gateway. What the
// cluster encapsulates carries addresses of hosts outside, so it does not count;
// nor do the addresses of the clusters' own services, which a node that starts may ask for before kube-proxy is there.
const ruleset = `table bridge landfall {
  counter outside { }
  set outside4 { type ipv4_addr; flags dynamic; size 1024; }
  set outside6 { type ipv6_addr; flags dynamic; size 1024; }
  chain seen {
    type filter hook prerouting priority -300; policy accept;
    ether type ip ip daddr != { ${subnet}, ${serviceNetwork}, 224.0.0.0/24, 255.255.255.255 } add @outside4 { ip daddr } counter name outside drop
    ether type ip6 ip6 daddr != { fe80::/10, ff02::/16 } add @outside6 { ip6 daddr } counter name outside drop
    ether type arp arp daddr ip != ${subnet} counter name outside drop
  }
}
`;

/** Makes the lab's network: a namespace with a bridge that has the gateway's address and no way out. */
export async function makeNetwork(lab: string): Promise<void> {
  await must(['ip', 'netns', 'add', namespaceName(lab)]);
  const inside = (command: readonly string[], input?: string) =>
    must(insideNetwork(lab, command), input === undefined ? {} : { input });
  await inside(['ip', 'link', 'set', 'lo', 'up']);
  await inside(['ip', 'link', 'add', bridge, 'type', 'bridge']);
  await inside(['ip', 'address', 'add', `${gateway}/${subnet.split('/')[1]}`, 'dev', bridge]);
  await inside(['ip', 'link', 'set', bridge, 'up']);
  await inside(['nft', '-f', '-'], ruleset);
}

/** Programs of this machine that run in the lab's network, such as a mirror; not this process and its parents. */
function processesInNetwork(lab: string): readonly number[] {
  if (!existsSync(namespaceFile(lab))) return [];
  const { dev, ino } = statSync(namespaceFile(lab));
  const own = new Set<number>();
  for (let pid = process.pid; pid > 1; pid = parentOf(pid)) own.add(pid);
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && !own.has(Number(entry)))
    .map(Number)
    .filter((pid) => {
      try {
        const network = statSync(`/proc/${pid}/ns/net`);
        return network.ino === ino && network.dev === dev;
      } catch {
        // It ended, or it is none of ours to look at.
        return false;
      }
    });
}

function parentOf(pid: number): number {
  try {
    return Number(/^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** Ends what runs in the lab's network: a moment to do it properly, then SIGKILL. */
export async function endProcessesInNetwork(lab: string): Promise<void> {
  const begun = Date.now();
  await until(`programs in the network of lab ${lab} do not end`, 20_000, async () => {
    const alive = processesInNetwork(lab);
    for (const pid of alive) {
      try {
        process.kill(pid, Date.now() - begun < 2000 ? 'SIGTERM' : 'SIGKILL');
      } catch {
        // It ended by itself.
      }
    }
    return alive.length === 0;
  });
}

/** Removes the lab's network; nothing happens when there is none. */
export async function removeNetwork(lab: string): Promise<void> {
  if (existsSync(namespaceFile(lab))) {
    const deleted = await run(['ip', 'netns', 'delete', namespaceName(lab)]);
    // A file without a mount is what a crash between the two leaves; `ip` refuses the first time and removes it all the same.
    if (deleted.exitCode !== 0 && existsSync(namespaceFile(lab))) {
      await run(['umount', '--lazy', namespaceFile(lab)]);
      await must(['rm', '-f', namespaceFile(lab)]);
    }
  }
  // `ip netns add` makes a mount of its own for the first namespace; it goes with the last.
  const names = await readdir('/run/netns').catch(() => undefined);
  if (names?.length !== 0) return;
  await run(['umount', '/run/netns']);
  await rmdir('/run/netns').catch(() => {});
}

/** Packets that hosts sent to addresses outside the lab since it came up. */
export async function outsidePackets(lab: string): Promise<number> {
  const text = await must(insideNetwork(lab, ['nft', '--json', 'list', 'counter', 'bridge', 'landfall', 'outside']));
  const parsed = JSON.parse(text) as { nftables: readonly { counter?: { packets: number } }[] };
  const packets = parsed.nftables.find((item) => item.counter !== undefined)?.counter?.packets;
  if (packets === undefined) throw new Error(`nft names no counter: ${text}`);
  return packets;
}

/** The addresses outside the lab that hosts tried to reach. */
export async function outsideAddresses(lab: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const set of ['outside4', 'outside6']) {
    const text = await must(insideNetwork(lab, ['nft', '--json', 'list', 'set', 'bridge', 'landfall', set]));
    const parsed = JSON.parse(text) as { nftables: readonly { set?: { elem?: readonly string[] } }[] };
    for (const item of parsed.nftables) found.push(...(item.set?.elem ?? []));
  }
  return found;
}

/** Name of the bridge's end of a host's cable, found from the host's end: it survives neither a reboot nor a guess. */
export async function cableOf(lab: string, leader: number): Promise<string | undefined> {
  const there = await run(['nsenter', `--net=/proc/${leader}/ns/net`, 'ip', '-j', 'link', 'show', 'host0']);
  if (there.exitCode !== 0) return undefined;
  const index = (JSON.parse(there.stdout) as readonly { link_index?: number }[])[0]?.link_index;
  const here = await must(insideNetwork(lab, ['ip', '-j', 'link', 'show', 'master', bridge]));
  return (JSON.parse(here) as readonly { ifindex: number; ifname: string }[]).find((link) => link.ifindex === index)
    ?.ifname;
}

/** Takes the bridge's end of a host's cable down or up. */
export async function setCable(lab: string, leader: number, state: 'up' | 'down'): Promise<void> {
  const cable = await until('a host has no cable', 10_000, () => cableOf(lab, leader));
  await must(insideNetwork(lab, ['ip', 'link', 'set', cable, state]));
}
