import type { CertificateFacts } from '../certificates/inspect.ts';
import type { ClusterDocument, HostEntry } from '../cluster/document.ts';
import { type CheckId, type CheckResult, couldNotRun, finding, findingWhen, pass, type Verdict } from './check.ts';
import type { ClusterAnswer, PodAnswer } from './cluster-answer.ts';
import type { ResultMaker } from './results.ts';

const fewest = (lines: readonly string[]): readonly string[] =>
  lines.length > 8 ? [...lines.slice(0, 8), `+ ${lines.length - 8}`] : lines;

/** Verdict over the code of an HTTP answer, as `doctor/node.sh` prints it. */
function answered(code: string | undefined, good: readonly string[]): Verdict {
  if (code === undefined || code === 'no-program') return couldNotRun('curl, wget -');
  return good.includes(code) ? pass : finding(code === '000' ? '-' : `HTTP ${code}`, `HTTP ${good.join(', ')}`);
}

/** What Landfall runs on a node, from the lines of `doctor/node.sh`. */
export function judgeNodeServices(host: HostEntry, output: string, make: ResultMaker): readonly CheckResult[] {
  const lines = output.split('\n').map((line) => line.split(' '));
  const one = (key: string): string | undefined =>
    lines
      .find(([first]) => first === key)
      ?.slice(1)
      .join(' ');
  const say = (id: CheckId, verdict: Verdict): CheckResult => make(id, host.name, verdict);
  if (one('installed') === 'no') return [say('services-running', finding('landfall -', 'landfall apply'))];
  const services = lines.filter(([first]) => first === 'service');
  const stopped = services.filter(([, , state]) => state !== 'active').map(([, name, state]) => `${name} ${state}`);
  const results = [
    say('services-running', services.length === 0 ? couldNotRun('systemctl') : findingWhen(stopped, 'active')),
    say('load-balancer-answers', answered(one('load-balancer'), ['200'])),
  ];
  if (host.role !== 'control-plane') return results;
  const etcd = one('etcd');
  const alarms = lines.filter(([first]) => first === 'etcd-alarm').map((line) => line.slice(1).join(' '));
  const asked = one('etcd-asked') === 'yes';
  return [
    ...results,
    say('api-server-answers', answered(one('api'), ['200'])),
    // Without a login it says that one is needed, and that is an answer.
    say('registry-answers', answered(one('registry'), ['200', '401'])),
    say(
      'etcd-healthy',
      !asked || etcd === undefined ? couldNotRun('etcdctl') : etcd === 'healthy' ? pass : finding(etcd, 'healthy'),
    ),
    say('etcd-alarms', asked ? findingWhen(alarms, '-') : couldNotRun('etcdctl')),
  ];
}

const isOver = (pod: PodAnswer): boolean => pod.phase === 'Succeeded';
const isSystem = (pod: PodAnswer): boolean => /^kube-/.test(pod.namespace);

function describePod(pod: PodAnswer): string {
  return `${pod.namespace}/${pod.name} ${pod.waiting === '' ? pod.phase : pod.waiting}${pod.node === '' ? '' : ` (${pod.node})`}`;
}

/** Nodes, pods, storage and names, as the API server sees them. */
export function judgeCluster(
  document: ClusterDocument,
  answer: ClusterAnswer,
  make: ResultMaker,
): readonly CheckResult[] {
  const say = (id: CheckId, verdict: Verdict): CheckResult => make(id, document.name, verdict);
  const pressure = ['MemoryPressure', 'DiskPressure', 'PIDPressure', 'NetworkUnavailable'];
  const nodes = document.hosts.flatMap((host): readonly CheckResult[] => {
    const node = answer.nodes.find(({ name }) => name === host.name);
    if (node === undefined) return [make('node-ready', host.name, finding('-', 'node'))];
    return [
      make('node-ready', host.name, node.conditions.includes('Ready') ? pass : finding('NotReady', 'Ready')),
      make(
        'node-pressure',
        host.name,
        findingWhen(
          node.conditions.filter((condition) => pressure.includes(condition)),
          '-',
        ),
      ),
      make('node-cordoned', host.name, node.cordoned ? finding('cordoned', '-') : pass),
    ];
  });
  const strangers = answer.nodes.filter(({ name }) => !document.hosts.some((host) => host.name === name));
  const versions = Map.groupBy(answer.nodes, (node) => node.version);
  const sick = answer.pods.filter((pod) => !isOver(pod) && !pod.ready);
  const describe = (pods: readonly PodAnswer[]): Verdict => findingWhen(fewest(pods.map(describePod)), 'Ready');
  return [
    ...nodes,
    say(
      'nodes-known',
      findingWhen(
        strangers.map(({ name }) => name),
        '-',
      ),
    ),
    say(
      'node-versions',
      versions.size <= 1
        ? pass
        : finding(
            [...versions].map(([version, of]) => `${version}: ${of.map(({ name }) => name).join(', ')}`).join('; '),
            '1',
          ),
    ),
    say('pods-system', describe(sick.filter(isSystem))),
    say('pods-applications', describe(sick.filter((pod) => !isSystem(pod)))),
    say('claims-bound', findingWhen(fewest(answer.openClaims), 'Bound')),
    say('cluster-dns', answer.dnsAnswers ? pass : finding('-', 'CoreDNS')),
  ];
}

/** Certificates of one node, or of this machine: whether they hold, and whether they hold for long enough. */
export function judgeCertificates(
  host: string,
  certificates: readonly CertificateFacts[],
  make: ResultMaker,
): readonly CheckResult[] {
  const own = certificates.filter((certificate) => certificate.host === host);
  const name = ({ path, validTo }: CertificateFacts): string => `${path} ${validTo.slice(0, 10)}`.trim();
  const bad = own.filter(({ state }) => state !== 'good' && state !== 'soon');
  const ending = own.filter(({ state }) => state === 'soon');
  const known = (verdict: Verdict): Verdict => (own.length === 0 ? couldNotRun('/etc/kubernetes') : verdict);
  return [
    make(
      'certificates-valid',
      host,
      known(findingWhen(fewest(bad.map((certificate) => `${name(certificate)} ${certificate.state}`)), 'good')),
    ),
    make('certificates-last', host, known(findingWhen(fewest(ending.map(name)), '> 30 d'))),
  ];
}
