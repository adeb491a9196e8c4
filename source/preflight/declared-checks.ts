import type { CheckId, DeclaredCheck, Scope, Severity } from './check.ts';

const declare =
  (scope: Scope) =>
  (id: CheckId, severity: Severity, neverIgnored = false): DeclaredCheck => ({
    id,
    scope,
    severity,
    ...(neverIgnored ? { neverIgnored: true as const } : {}),
  });

const host = declare('host');
const between = declare('between-hosts');
const cluster = declare('cluster');
const bundle = declare('bundle');
const application = declare('application');
const running = declare('running');

/** Checks whose verdicts come from a login, a probe, a comparison of hosts, the bundle or the catalogue. */
export const declaredChecks: readonly DeclaredCheck[] = [
  host('host-reachable', 'blocks', true),
  host('ssh-login', 'blocks', true),
  host('ssh-host-key', 'blocks', true),
  host('sudo-rights', 'blocks', true),
  host('processor-architecture', 'blocks', true),
  host('host-answers-facts', 'blocks', true),
  host('dns-answers', 'warns'),
  host('dns-wildcard', 'warns'),
  between('machine-id-unique', 'blocks', true),
  between('hostname-unique', 'warns'),
  between('address-unique', 'blocks', true),
  between('hardware-address-unique', 'blocks'),
  between('host-key-unique', 'warns'),
  between('clock-skew', 'blocks'),
  between('timezone-same', 'informs'),
  between('cgroup-version-same', 'warns'),
  between('distribution-same', 'informs'),
  between('address-taken', 'blocks'),
  between('mesh-api', 'blocks'),
  between('mesh-etcd', 'blocks'),
  between('mesh-registry', 'blocks'),
  between('mesh-kubelet', 'blocks'),
  between('mesh-overlay', 'blocks'),
  between('mesh-loss', 'warns'),
  between('mesh-latency', 'warns'),
  between('mesh-latency-etcd', 'warns'),
  between('mesh-path-mtu', 'blocks'),
  cluster('control-plane-single', 'informs'),
  cluster('control-plane-sizes', 'informs'),
  cluster('workers-none', 'informs'),
  cluster('pod-network-overlap', 'blocks', true),
  cluster('service-network-overlap', 'blocks', true),
  cluster('virtual-address-unused', 'blocks'),
  cluster('pod-network-room', 'informs'),
  cluster('dns-domain-real', 'warns'),
  bundle('bundle-opens', 'blocks', true),
  bundle('bundle-complete', 'blocks', true),
  bundle('bundle-architecture', 'blocks', true),
  bundle('bundle-version', 'blocks', true),
  bundle('bundle-space', 'blocks'),
  bundle('bundle-media-speed', 'warns'),
  bundle('bundle-media-type', 'informs'),
  application('application-known', 'blocks', true),
  application('application-fit-memory', 'blocks'),
  application('application-fit-processor', 'warns'),
  application('application-fit-disk', 'blocks'),
  application('application-fit-host', 'blocks'),
  application('disk-speed-etcd', 'warns'),
  running('api-answers', 'blocks', true),
  running('api-server-answers', 'blocks'),
  running('services-running', 'blocks'),
  running('load-balancer-answers', 'blocks'),
  running('registry-answers', 'blocks'),
  running('etcd-healthy', 'blocks'),
  running('etcd-alarms', 'blocks'),
  running('node-ready', 'blocks'),
  running('node-pressure', 'warns'),
  running('node-cordoned', 'informs'),
  running('nodes-known', 'informs'),
  running('node-versions', 'warns'),
  running('pods-system', 'blocks'),
  running('pods-applications', 'warns'),
  running('claims-bound', 'warns'),
  running('cluster-dns', 'blocks'),
  running('certificates-valid', 'blocks'),
  running('certificates-last', 'warns'),
];
