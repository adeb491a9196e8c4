import { readAsset } from '../assets.ts';
import { LandfallError } from '../errors.ts';
import type { HostConnection } from './connection.ts';
import type { HostFacts } from './facts.ts';
import { factLines, parseDetails } from './parse-details.ts';

const architectures: Readonly<Record<string, HostFacts['architecture']>> = { x86_64: 'amd64', aarch64: 'arm64' };

/** Turns the lines of `facts.sh` into facts. Throws HOST_UNSUPPORTED for a processor no bundle is made for. */
export function parseFacts(text: string, name: string): HostFacts {
  const lines = factLines(text);
  const one = (key: string): string => lines.one(key) ?? '';
  const many = lines.many;
  const architecture = architectures[one('architecture')];
  if (architecture === undefined) {
    throw new LandfallError({
      code: 'HOST_UNSUPPORTED',
      message: `${name} has a processor of kind "${one('architecture')}"; x86-64 and arm64 are supported.`,
      fix: 'Take this host out of the cluster document.',
      context: { host: name },
    });
  }
  const selinux = one('selinux').toLowerCase();
  const openFiles = one('open-files');
  return {
    hostname: one('hostname'),
    machineId: one('machine-id'),
    distribution: { id: one('distribution-id'), version: one('distribution-version'), name: one('distribution-name') },
    kernel: one('kernel'),
    architecture,
    cgroupVersion: one('cgroup') === '2' ? 2 : 1,
    systemdVersion: Number(one('systemd')) || 0,
    processors: Number(one('processors')),
    memory: Number(one('memory-kib')) * 1024,
    swap: Number(one('swap-kib')) * 1024,
    openFilesLimit: openFiles === 'unlimited' ? 1_048_576 : Number(openFiles) || 1024,
    canLowerOomScore: one('lower-oom') === 'yes',
    canSetConntrack: one('set-conntrack') !== 'no',
    mounts: many('mount').map((line) => {
      const [path = '', mount = '', type = '', size, free] = line.split(' ');
      return { path, mount, type, size: Number(size) * 1024, free: Number(free) * 1024 };
    }),
    addresses: many('address').map((line) => {
      const [name = '', address = '', mtu] = line.split(' ');
      const [ip = '', prefix] = address.split('/');
      return { interface: name, address: ip, prefix: Number(prefix), mtu: Number(mtu) };
    }),
    routes: many('route').map((line) => {
      const [destination = '', name = ''] = line.split(' ');
      return { destination, interface: name };
    }),
    time: Number(one('time')),
    listening: many('listen').map((line) => {
      const [local = '', process = ''] = line.split(' ');
      const colon = local.lastIndexOf(':');
      return {
        address: local.slice(0, colon),
        port: Number(local.slice(colon + 1)),
        process: /"([^"]+)"/.exec(process)?.[1] ?? '',
      };
    }),
    tools: many('tool'),
    selinux: selinux === 'enforcing' || selinux === 'permissive' ? selinux : 'disabled',
    leftovers: many('leftover'),
    units: many('unit').map((line) => {
      const [name = '', file = ''] = line.split(' ');
      return { name, file };
    }),
    details: parseDetails(lines),
  };
}

/** Learns a host's facts in one round trip. */
export async function gatherFacts(connection: HostConnection): Promise<HostFacts> {
  return parseFacts(await connection.check('Look at the host', await readAsset('hosts/facts.sh')), connection.name);
}
