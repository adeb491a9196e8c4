import type { ClusterDocument, HostEntry } from '../cluster/document.ts';
import { controlPlanes } from './context.ts';
import { haproxyConfiguration, openFiles } from './haproxy-configuration.ts';
import { balancerPaths, type LocalBalancer } from './local-balancer.ts';

const { settings, script, runtime } = balancerPaths;

function unitText(root: string): string {
  return `[Unit]
Description=Landfall's local load balancer for the Kubernetes API
After=network.target local-fs.target
StartLimitIntervalSec=0

[Service]
RuntimeDirectory=landfall-load-balancer
BindReadOnlyPaths=${settings}:${root}/usr/local/etc/haproxy
BindPaths=/dev/null:${root}/dev/null
ExecStart=/bin/sh ${script} start ${root} ${runtime}
ExecReload=/bin/sh ${script} reload ${root} ${runtime}
KillMode=mixed
TimeoutStopSec=2
SuccessExitStatus=143
Restart=always
RestartSec=200ms
LimitNOFILE=${openFiles}
OOMScoreAdjust=-997

[Install]
WantedBy=multi-user.target
`;
}

/** haproxy on a port of the node's loopback, run from `root`; `authority` is what it trusts when it asks API servers. */
export function haproxyBalancer(
  document: ClusterDocument,
  host: HostEntry,
  root: string,
  authority: string,
): LocalBalancer {
  const { port } = document.loadBalancer;
  const configuration = haproxyConfiguration(port, controlPlanes(document), host, document.hosts.length);
  return {
    settings: [
      { path: `${settings}/haproxy.cfg`, content: configuration, mode: 0o644 },
      { path: `${settings}/ca.crt`, content: authority, mode: 0o644 },
    ],
    asset: 'hosts/load-balancer.sh',
    unitText: unitText(root),
    serving: `ss -Hltn "sport = :${port}" | grep -q .`,
    listens: port,
  };
}
