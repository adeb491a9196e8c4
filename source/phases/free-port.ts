import { readAsset } from '../assets.ts';
import { LandfallError } from '../errors.ts';
import type { HostConnection } from '../hosts/connection.ts';

/**
 * Throws PORT_IN_USE, with the process that holds it, when something that is not ours listens on a TCP port of the host.
 * @param ours units of ours that may listen there; while one of them runs nothing is asked.
 */
export async function requireFreePort(
  connection: HostConnection,
  port: number,
  purpose: string,
  ours: readonly string[],
): Promise<void> {
  const script = await readAsset('hosts/port-owner.sh');
  const output = await connection.check(`Look who uses port ${port}`, script, [String(port), ...ours]);
  const [first] = output.split('\n').filter((line) => line !== '');
  if (first === undefined) return;
  const [name = '', pid = '', unit = '-'] = first.split(' ');
  const service = unit === '-' ? '' : ` of ${unit}`;
  throw new LandfallError({
    code: 'PORT_IN_USE',
    message: `Port ${port} of ${connection.name}, which ${purpose} needs, is in use by ${name} (process ${pid}${service}).`,
    fix: `Stop it${unit.endsWith('.service') ? ` (systemctl disable --now ${unit})` : ''} or give it another port, then run the same command again; it goes on from here.`,
    context: { host: connection.name },
  });
}
