import { parseSize } from '../applications/size.ts';

export type NodeAnswer = {
  readonly name: string;
  readonly cordoned: boolean;
  readonly version: string;
  /** Conditions that are True, and `!Ready` when Ready is anything else. */
  readonly conditions: readonly string[];
  /** Millicores and bytes that pods may use. */
  readonly cpu: number;
  readonly memory: number;
  /** Ordinary pods are not placed here. */
  readonly tainted: boolean;
};

export type PodAnswer = {
  readonly namespace: string;
  readonly name: string;
  readonly node: string;
  readonly phase: string;
  readonly ready: boolean;
  /** Why a container waits, such as `CrashLoopBackOff`. */
  readonly waiting: string;
  readonly application: string;
  /** Millicores and bytes it asked for. */
  readonly cpu: number;
  readonly memory: number;
};

/** What the API server says, as `doctor/cluster.sh` prints it. */
export type ClusterAnswer = {
  readonly nodes: readonly NodeAnswer[];
  readonly pods: readonly PodAnswer[];
  /** Claims of storage that are not bound. */
  readonly openClaims: readonly string[];
  readonly dnsAnswers: boolean;
};

/** `250m`, `2`, `0.5` as millicores; 0 for nothing. */
export function parseProcessors(text: string): number {
  const [, amount, milli] = /^(\d+(?:\.\d+)?)(m?)$/.exec(text) ?? [];
  return amount === undefined ? 0 : Number(amount) * (milli === 'm' ? 1 : 1000);
}

function parseNode(fields: readonly string[]): NodeAnswer {
  const [name = '', unschedulable, version = '', conditions = '', cpu = '', memory = '', taints = ''] = fields;
  const states = conditions.split(',').map((entry) => entry.split('='));
  return {
    name,
    cordoned: unschedulable === 'true',
    version,
    conditions: states.flatMap(([type = '', state]) =>
      state === 'True' ? [type] : type === 'Ready' ? ['!Ready'] : [],
    ),
    cpu: parseProcessors(cpu),
    memory: parseSize(memory) ?? 0,
    tainted: /NoSchedule|NoExecute/.test(taints),
  };
}

function parsePod(fields: readonly string[]): PodAnswer {
  const [namespace = '', name = '', node = '', phase = '', ready, waiting = '', application = '', requests = ''] =
    fields;
  const asked = requests.split(',').map((entry) => entry.split('/'));
  return {
    namespace,
    name,
    node,
    phase,
    ready: ready === 'True',
    waiting: waiting.split(' ')[0] ?? '',
    application,
    cpu: asked.reduce((sum, [cpu = '']) => sum + parseProcessors(cpu), 0),
    memory: asked.reduce((sum, [, memory = '']) => sum + (parseSize(memory) ?? 0), 0),
  };
}

export function parseClusterAnswer(text: string): ClusterAnswer {
  const lines = text.split('\n').map((line) => line.split('\t'));
  const of = (kind: string): readonly (readonly string[])[] =>
    lines.filter(([first]) => first === kind).map((line) => line.slice(1));
  return {
    nodes: of('node').map(parseNode),
    pods: of('pod').map(parsePod),
    openClaims: of('claim')
      .filter(([, , phase]) => phase !== 'Bound')
      .map(([namespace, name, phase]) => `${namespace}/${name} ${phase}`),
    dnsAnswers: of('dns').some(([answer]) => answer === 'answers'),
  };
}
