import type { HostEntry } from '../cluster/document.ts';
import { checkInterval } from './haproxy-configuration.ts';

/**
 * keepalived's configuration on every node: the virtual address is the node's own (nothing is announced to the network), and
 * the kernel's IPVS passes connections to it on to any API server that says it is ready. For kernels with ip_vs.
 */
export function keepalivedConfiguration(
  address: string,
  port: number,
  planes: readonly HostEntry[],
  hosts: number,
): string {
  const servers = planes.map(
    (plane) => `  real_server ${plane.address} 6443 {
    weight 1
    SSL_GET {
      url {
        path /readyz
        status_code 200
      }
      connect_timeout 1
      # Three misses outlast an election of etcd, during which no server is ready.
      retry 2
      delay_before_retry 1
    }
  }`,
  );
  return `# Written by Landfall; changes are overwritten.
global_defs {
  router_id landfall
  # What one that was killed left in the kernel must not stay there.
  lvs_flush
}

virtual_server ${address} ${port} {
  delay_loop ${Math.ceil(checkInterval(hosts) / 1000)}
  lvs_sched rr
  lvs_method NAT
  protocol TCP
  # A server takes connections when it has said that it is ready, not before.
  alpha
${servers.join('\n')}
}
`;
}
