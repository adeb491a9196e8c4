import type { HostEntry } from '../cluster/document.ts';

/** Connections that a node's balancer takes; each needs two open files, and `LimitNOFILE` of its unit leaves room for them. */
const connections = 1500;
export const openFiles = 4096;

/**
 * Milliseconds between two checks of a server by one node: with many nodes less often, as every check is two requests over
 * TLS. (Five nodes that check twice a second take 15 % of two processors from three API servers.)
 */
export function checkInterval(hosts: number): number {
  return Math.max(1000, hosts * 25);
}

/**
 * haproxy's configuration on `host`: its own way to any healthy API server. A control plane prefers its own server, so that
 * what runs there speaks to the same version during an upgrade; a worker takes the one with the fewest connections.
 */
export function haproxyConfiguration(
  port: number,
  planes: readonly HostEntry[],
  host: HostEntry,
  hosts: number,
): string {
  const own = planes.findIndex((plane) => plane.name === host.name);
  const ordered = own < 0 ? planes : [...planes.slice(own), ...planes.slice(0, own)];
  const servers = (more: string) =>
    ordered.map((plane) => `  server ${plane.name} ${plane.address}:6443${more}`).join('\n');
  const interval = checkInterval(hosts);
  return `# Written by Landfall; changes are overwritten.
global
  maxconn ${connections}
  log stdout format raw local0 notice
  spread-checks 10
  # Connections that are open when the configuration changes stay with the old process; not for ever.
  hard-stop-after 30m

defaults
  mode tcp
  log global
  option dontlognull
  timeout connect 500ms
  timeout client 1h
  timeout server 1h
  timeout tunnel 1h
  timeout check 1s
  retries 3
  option redispatch 1
  # A server that lost power says nothing: who waits for an answer is cut off by tcp-ut, who only listens by these.
  option srvtcpka
  srvtcpka-idle 2s
  srvtcpka-intvl 1s
  srvtcpka-cnt 2

frontend kubernetes-api
  bind 127.0.0.1:${port}
  # When no server says that it is ready, one that may be answers better than none.
  use_backend last-resort if { nbsrv(control-planes) eq 0 }
  default_backend control-planes

backend control-planes
  balance ${own < 0 ? 'leastconn' : 'first'}
  option httpchk
  # A server that hangs or is gone loses its connections. One whose etcd has no leader for a moment only gets no new ones:
  # to cut what is open would not help, and all that is cut comes back at once.
  http-check connect ssl sni kubernetes
  http-check send meth GET uri /readyz?exclude=etcd&exclude=etcd-readiness ver HTTP/1.1 hdr host kubernetes
  http-check expect status 200
  http-check connect ssl sni kubernetes
  http-check send meth GET uri /readyz ver HTTP/1.1 hdr host kubernetes
  http-check expect status 200 error-status L7OKC
  default-server check check-ssl check-sni kubernetes verify required verifyhost kubernetes ca-file /usr/local/etc/haproxy/ca.crt
  # Three misses outlast an election of etcd, during which no server answers; two failed connections need no check.
  default-server inter ${interval}ms fastinter 250ms downinter ${interval}ms fall 3 rise 2 tcp-ut 1500ms
  default-server observe layer4 error-limit 2 on-error mark-down on-marked-down shutdown-sessions
${servers('')}

backend last-resort
  balance roundrobin
${servers(' tcp-ut 1500ms')}
`;
}
