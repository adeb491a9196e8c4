import type { HostFacts } from '../hosts/facts.ts';
import type { LinkAnswer, MeshHost } from './mesh-probe.ts';
import { overlayPort } from './ports.ts';

type OverlayHost = MeshHost & { readonly facts: HostFacts };

const script = `command -v ping >/dev/null 2>&1 || exit 69
for address in "$@"; do
  { if ping -n -q -c 5 -i 0.1 -w 3 "$address" >/dev/null 2>&1; then echo "$address open"; else echo "$address timeout"; fi; } &
done
wait`;

/**
 * Where the tunnel stands already, its port is the kernel's and takes no listener; then the tunnel itself is tried, by its
 * own address at the other end. Answers the same links, with what was unknown before made known where that is possible.
 */
export async function tryTunnels(
  answers: readonly LinkAnswer[],
  hosts: readonly OverlayHost[],
  signal: AbortSignal,
): Promise<readonly LinkAnswer[]> {
  const ends = new Map(
    hosts.flatMap(({ host, facts }) => {
      const end = facts.addresses.find((entry) => entry.interface.startsWith('flannel.'));
      return end === undefined ? [] : [[host.name, end.address] as const];
    }),
  );
  const open = (link: LinkAnswer): boolean =>
    link.answer === 'unknown' && link.port.port === overlayPort && ends.has(link.from.name) && ends.has(link.to.name);
  const heard = new Map<string, string>();
  await Promise.all(
    hosts.map(async ({ host, connection }) => {
      const targets = answers.filter((link) => open(link) && link.from.name === host.name);
      if (targets.length === 0) return;
      const result = await connection
        .run(
          script,
          targets.map((link) => ends.get(link.to.name) ?? ''),
          { signal, timeout: 20_000 },
        )
        .catch(() => undefined);
      for (const line of result?.stdout.split('\n') ?? []) {
        const [address = '', answer = ''] = line.split(' ');
        heard.set(`${host.name} ${address}`, answer);
      }
    }),
  );
  return answers.map((link): LinkAnswer => {
    const answer = open(link) ? heard.get(`${link.from.name} ${ends.get(link.to.name)}`) : undefined;
    return answer === 'open' || answer === 'timeout' ? { from: link.from, to: link.to, port: link.port, answer } : link;
  });
}
