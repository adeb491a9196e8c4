import type { ClusterDocument, HostEntry, LoadBalancer } from '../cluster/document.ts';
import { controlPlanes } from './context.ts';
import { keepalivedConfiguration } from './keepalived-configuration.ts';
import { balancerPaths, type LocalBalancer } from './local-balancer.ts';

const { settings, script, runtime } = balancerPaths;

function unitText(root: string, address: string): string {
  return `[Unit]
Description=Landfall's local load balancer for the Kubernetes API (keepalived with IPVS)
After=network.target local-fs.target
StartLimitIntervalSec=0

[Service]
RuntimeDirectory=landfall-load-balancer
BindPaths=/dev/null:${root}/dev/null /proc:${root}/proc
ExecStart=/bin/sh ${script} start ${root} ${runtime} ${address}
ExecReload=/bin/sh ${script} reload ${root} ${runtime}
KillMode=mixed
TimeoutStopSec=5
Restart=always
RestartSec=200ms
OOMScoreAdjust=-997

[Install]
WantedBy=multi-user.target
`;
}

/** keepalived with the kernel's IPVS behind a virtual address that the node has for itself, run from `root`. */
export function keepalivedBalancer(
  document: ClusterDocument,
  { address, port }: Extract<LoadBalancer, { readonly driver: 'keepalived' }>,
  host: HostEntry,
  root: string,
): LocalBalancer {
  const configuration = keepalivedConfiguration(address, port, controlPlanes(document), document.hosts.length);
  return {
    settings: [{ path: `${settings}/keepalived.conf`, content: configuration, mode: 0o644 }],
    asset: 'hosts/load-balancer-ipvs.sh',
    unitText: unitText(root, host.address),
    serving: `sh ${script} serving`,
  };
}
