import type { Lab } from '../../lab/hosts/lab.ts';
import { etcdLeader } from '../../lab/probe/health.ts';

/** One thing that befalls a cluster. */
export type FailoverCase = {
  readonly id: string;
  readonly title: string;
  /** Host it befalls; undefined when it is all of them. */
  victim(lab: Lab, planes: readonly string[]): Promise<string | undefined>;
  /** Hosts whose clients go on and count. */
  readonly clients: 'all' | 'others' | 'none';
  befall(lab: Lab, victim: string): Promise<void>;
  /** What ends it from outside, as power that comes back; nothing else is done. */
  end(lab: Lab, victim: string): Promise<void>;
};

const named = (index: number) => async (_lab: Lab, planes: readonly string[]) => planes[index];

async function notLeader(lab: Lab, planes: readonly string[]): Promise<string | undefined> {
  const leader = await etcdLeader(lab, planes[0] ?? '');
  return planes.toReversed().find((plane) => plane !== leader);
}

function powerOff(id: string, title: string, victim: FailoverCase['victim']): FailoverCase {
  return {
    id,
    title,
    victim,
    clients: 'others',
    befall: (lab, host) => lab.powerOff(host),
    end: (lab, host) => lab.powerOn(host),
  };
}

const signalServer = (lab: Lab, host: string, signal: string) =>
  // Static pods are processes of the host; only their own server is meant, whatever else is called so.
  lab.ssh(host, `for process in $(pidof kube-apiserver); do kill -${signal} "$process"; done`);

async function reboot(lab: Lab, host: string): Promise<void> {
  await lab.reboot(host);
}

const configuration = '/etc/landfall/load-balancer/haproxy.cfg';

/** A script on every host at the same time. */
async function everywhere(lab: Lab, script: string): Promise<void> {
  await Promise.all(
    lab.hosts.map(async ({ name }) => {
      const output = await lab.ssh(name, script, { timeout: 60_000 });
      if (output.exitCode !== 0) throw new Error(`${name}: ${output.stdout}${output.stderr}`);
    }),
  );
}

export const failoverCases: readonly FailoverCase[] = [
  {
    id: 'reload',
    title: 'a control plane is taken out of all balancers and put in again; containerd restarts',
    victim: async () => undefined,
    clients: 'all',
    befall: (lab) =>
      everywhere(
        lab,
        `set -e; cp ${configuration} /run/landfall-before; sed -i '/^  server node-3 /d' ${configuration}
systemctl reload landfall-load-balancer; systemctl restart containerd`,
      ),
    end: (lab) =>
      everywhere(lab, `set -e; mv /run/landfall-before ${configuration}; systemctl reload landfall-load-balancer`),
  },
  powerOff('power-first', 'power-off of the first control plane', named(0)),
  powerOff('power-leader', 'power-off of the etcd leader', (lab, planes) => etcdLeader(lab, planes[0] ?? '')),
  powerOff('power-other', 'power-off of another control plane', notLeader),
  {
    id: 'hang',
    title: 'an API server hangs (SIGSTOP)',
    victim: named(1),
    clients: 'all',
    async befall(lab, host) {
      await signalServer(lab, host, 'STOP');
    },
    async end(lab, host) {
      await signalServer(lab, host, 'CONT');
    },
  },
  {
    id: 'cut',
    title: 'network cut of a control plane',
    victim: named(2),
    clients: 'others',
    befall: (lab, host) => lab.cut(host),
    end: (lab, host) => lab.mend(host),
  },
  ...[0, 1, 2, 3, 4].map(
    (index): FailoverCase => ({
      id: `reboot-${index + 1}`,
      title: `reboot of node-${index + 1}`,
      victim: async (lab) => lab.hosts[index]?.name,
      clients: 'others',
      befall: reboot,
      end: async () => {},
    }),
  ),
  {
    id: 'reboot-all',
    title: 'reboot of all at once',
    victim: async () => undefined,
    clients: 'none',
    async befall(lab) {
      await Promise.all(lab.hosts.map(({ name }) => lab.reboot(name)));
    },
    end: async () => {},
  },
];
