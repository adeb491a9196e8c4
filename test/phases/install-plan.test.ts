import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import type { Bundle, BundleImage } from '../../source/bundle/contents.ts';
import { parseClusterDocument } from '../../source/cluster/load-document.ts';
import { stepsOf, validatePlan } from '../../source/engine/plan.ts';
import type { HostFacts } from '../../source/hosts/facts.ts';
import { parseFacts } from '../../source/hosts/gather-facts.ts';
import { containerdConfiguration, containerdUnit, mirrorFile } from '../../source/phases/containerd.ts';
import type { InstallContext } from '../../source/phases/context.ts';
import { checkInterval, haproxyConfiguration } from '../../source/phases/haproxy-configuration.ts';
import {
  discoveryKubeconfig,
  initConfiguration,
  joinConfiguration,
} from '../../source/phases/kubeadm-configuration.ts';
import { splitImageName } from '../../source/phases/registry-content.ts';
import { installPlan } from '../../source/workflows/install.ts';

function documentOf(planes: number, workers: number, more = '') {
  const hosts = Array.from({ length: planes + workers }, (_, index) => {
    const role = index < planes ? 'control-plane' : 'worker';
    return `    - { name: node-${index + 1}, address: 10.0.0.${index + 1}, role: ${role} }`;
  });
  return parseClusterDocument(
    'cluster.yaml',
    `apiVersion: landfall/v1\nkind: Cluster\nmetadata: { name: test }\nspec:\n  hosts:\n${hosts.join('\n')}\n${more}`,
  );
}

function factsWith(lines: string): HostFacts {
  return parseFacts(
    `architecture x86_64\nprocessors 2\nmemory-kib 4000000\ncgroup 2\nopen-files 524288\n${lines}`,
    'x',
  );
}

const images: readonly BundleImage[] = [
  { name: 'docker.io/library/haproxy:2.6.12', digest: 'sha256:0', use: 'load-balancer', architectures: ['amd64'] },
  { name: 'registry.k8s.io/pause:3.10.2', digest: 'sha256:1', use: 'every-node', architectures: ['amd64'] },
];

function planOf(planes: number, workers: number) {
  const unused = (): never => {
    throw new Error('making a plan reaches no host');
  };
  const context = {
    document: documentOf(planes, workers),
    bundle: { images, files: [] } as unknown as Bundle,
    secrets: { registryPassword: 'registry-password-1', bootstrapToken: 'abcdef.0123456789abcdef' },
    pki: { clusterAuthority: '', registryAuthority: '', kubernetesFiles: unused, registryCertificate: unused },
    home: '/nowhere',
    host: unused,
  } as unknown as InstallContext;
  return installPlan(context, []);
}

describe('the plan of an install', () => {
  test.each([
    [1, 0],
    [1, 2],
    [3, 0],
    [3, 2],
    [5, 20],
  ])('%i control planes and %i workers: it can be walked', (planes, workers) => {
    const plan = planOf(planes, workers);
    expect(() => validatePlan(plan)).not.toThrow();
    const steps = stepsOf(plan);
    for (let host = 1; host <= planes + workers; host++) {
      const own = steps.filter((step) => step.host === `node-${host}`).map((step) => step.id);
      expect(own).toContain(`containerd/service@node-${host}`);
      expect(own).toContain(host === 1 ? 'kubernetes/init@node-1' : `kubernetes/join@node-${host}`);
    }
  });

  test('only the first control plane is sent the content; no worker runs a registry', () => {
    const ids = stepsOf(planOf(3, 2)).map((step) => step.id);
    expect(ids.filter((id) => id.startsWith('registry/essentials'))).toEqual(['registry/essentials@node-1']);
    expect(ids.filter((id) => id.startsWith('registry/copy')).sort()).toEqual([
      'registry/copy@node-2',
      'registry/copy@node-3',
    ]);
    expect(ids.some((id) => /^registry\/.*@node-[45]$/.test(id))).toBe(false);
  });

  test('joins wait for the token and their own images; only one control plane joins at a time', () => {
    const joins = stepsOf(planOf(3, 2)).filter((step) => step.id.startsWith('kubernetes/join'));
    expect(joins.map((step) => step.host)).toEqual(['node-2', 'node-3', 'node-4', 'node-5']);
    for (const join of joins) {
      expect(join.kind).toBe(['node-2', 'node-3'].includes(join.host) ? 'control-plane' : 'host');
      expect(join.after).toContain('kubernetes/token@node-1');
      expect(join.after).toContain(`node/network@${join.host}`);
      expect(join.after.filter((id) => id.startsWith('kubernetes/join'))).toEqual([]);
    }
  });

  test('what is only needed later never stands between the hosts and a cluster', () => {
    const steps = new Map(stepsOf(planOf(3, 2)).map((step) => [step.id, step]));
    const before = (id: string): ReadonlySet<string> => {
      const found = new Set<string>();
      const visit = (one: string): void => {
        for (const next of steps.get(one)?.after ?? []) {
          if (found.has(next)) continue;
          found.add(next);
          visit(next);
        }
      };
      visit(id);
      return found;
    };
    const late = [...before('verification/cluster@node-1')].filter((id) =>
      /^(registry\/(images|copy|program)|registry\/service@node-[23]|node\/tools)/.test(id),
    );
    expect(late).toEqual([]);
    expect(before('kubernetes/init@node-1')).not.toContain('registry/cluster@node-1');
  });
});

describe('kubeadm configuration', () => {
  const input = {
    host: {
      name: 'node-1',
      address: '10.0.0.1',
      role: 'control-plane',
      connection: 'ssh',
      ssh: { user: 'root', port: 22 },
    },
    facts: factsWith(''),
    anyCgroupVersion1: false,
    anyFixedConntrack: false,
    kubernetesVersion: 'v1.36.3',
    bootstrapToken: 'abcdef.0123456789abcdef',
  } as const;
  const kinds = (text: string): Readonly<Record<string, Record<string, never>>> =>
    Object.fromEntries(parseAllDocuments(text).map((part) => [part.toJS().kind, part.toJS()]));

  test("the user's settings win, and ours beside them stay", () => {
    const document = documentOf(
      1,
      0,
      '  kubeadm: { kubeletConfiguration: { maxPods: 50 }, clusterConfiguration: { apiServer: { extraArgs: [{ name: v, value: "4" }] } } }\n',
    );
    const parts = kinds(initConfiguration({ ...input, document }));
    expect(parts['KubeletConfiguration']).toMatchObject({ maxPods: 50, cgroupDriver: 'systemd' });
    expect(parts['ClusterConfiguration']).toMatchObject({
      controlPlaneEndpoint: '127.0.0.1:7443',
      apiServer: { extraArgs: [{ name: 'v', value: '4' }] },
    });
    expect(JSON.stringify(parts['ClusterConfiguration']?.['apiServer'])).toContain('10.0.0.1');
  });

  test('what an old kernel or a container cannot do is asked for only there', () => {
    const document = documentOf(1, 0);
    const plain = initConfiguration({ ...input, document });
    expect(plain).not.toContain('failCgroupV1');
    expect(plain).not.toContain('conntrack:');
    expect(plain).not.toContain('SystemVerification');
    const old = initConfiguration({
      ...input,
      document,
      facts: factsWith('').cgroupVersion === 2 ? { ...input.facts, cgroupVersion: 1 } : input.facts,
      anyCgroupVersion1: true,
      anyFixedConntrack: true,
    });
    expect(old).toContain('failCgroupV1: false');
    expect(old).toContain('SystemVerification');
    expect(kinds(old)['KubeProxyConfiguration']).toMatchObject({ conntrack: { maxPerCore: 0, min: 0 } });
  });

  test('control planes take workloads only where there is no worker', () => {
    expect(initConfiguration({ ...input, document: documentOf(1, 0) })).toContain('taints: []');
    expect(initConfiguration({ ...input, document: documentOf(1, 1) })).not.toContain('taints');
  });

  test('a join goes through the local load balancer and carries no key', () => {
    const document = documentOf(3, 1);
    const worker = document.hosts[3];
    if (worker === undefined) throw new Error('no worker');
    const discovery = parse(discoveryKubeconfig(document, 'PEM', input.bootstrapToken));
    expect(discovery.clusters[0].cluster.server).toBe('https://127.0.0.1:7443');
    const join = joinConfiguration(document, worker, input.facts, '/discovery', input.bootstrapToken);
    expect(join).not.toContain('controlPlane:');
    expect(parse(join)).toMatchObject({ timeouts: { etcdAPICall: '10m0s' } });
    // Only control planes have the folder, and kubeadm wants it where it is named.
    expect(join).not.toContain('patches:');
    const [, plane = input.host] = document.hosts;
    const { patches } = parse(joinConfiguration(document, plane, input.facts, '/discovery', input.bootstrapToken));
    expect(patches).toEqual({ directory: '/var/lib/landfall/kubeadm-patches' });
    expect(kinds(initConfiguration({ ...input, document }))['InitConfiguration']).toMatchObject({ patches });
  });
});

describe('containerd', () => {
  test('settings follow what the host can do', () => {
    const limited = factsWith('lower-oom no\n');
    expect(containerdConfiguration(limited, 'registry.k8s.io/pause:3.10.2')).toContain('restrict_oom_score_adj = true');
    expect(containerdConfiguration(factsWith('lower-oom yes\n'), 'p')).toContain('restrict_oom_score_adj = false');
    expect(containerdUnit(factsWith(''))).toContain('LimitNOFILE=524288');
  });

  test('no name falls back to its public owner', () => {
    const text = mirrorFile(['10.0.0.1', '10.0.0.2'], 5443, 'docker.io', 'landfall:secret');
    expect(text).toContain('server = "https://10.0.0.1:5443/v2/docker.io"');
    expect(text.match(/\[host\."https:\/\/10\.0\.0\.\d:5443\/v2\/docker\.io"\]/g)).toHaveLength(2);
    expect(text).not.toMatch(/https:\/\/[^1"]/);
  });
});

describe('the load balancer', () => {
  const { hosts } = documentOf(3, 1);
  const planes = hosts.slice(0, 3);
  const of = (index: number): string => {
    const host = hosts[index];
    if (host === undefined) throw new Error('no such host');
    return haproxyConfiguration(7443, planes, host, hosts.length);
  };
  const servers = (text: string): readonly string[] =>
    [...(text.split('\nbackend last-resort')[0] ?? '').matchAll(/^ {2}server (\S+)/gm)].map((match) => match[1] ?? '');

  test('every control plane is a server, checked with a verified certificate, reached from this host only', () => {
    const text = of(3);
    expect(servers(text)).toEqual(['node-1', 'node-2', 'node-3']);
    expect(text).toContain('verify required');
    expect(text).not.toContain('verify none');
    expect(text).toContain('bind 127.0.0.1:7443');
    expect(text).toContain('balance leastconn');
  });

  test('a control plane prefers its own server', () => {
    expect(of(1)).toContain('balance first');
    expect(servers(of(1))).toEqual(['node-2', 'node-3', 'node-1']);
  });

  test('many nodes check less often, so that all of them together ask a server no more than 40 times a second', () => {
    expect(checkInterval(5)).toBe(1000);
    expect((1000 / checkInterval(1000)) * 1000).toBeLessThanOrEqual(40);
  });
});

test.each([
  ['registry.k8s.io/pause:3.10.2', { domain: 'registry.k8s.io', path: 'pause', tag: '3.10.2' }],
  ['localhost:5000/a/b', { domain: 'localhost:5000', path: 'a/b', tag: 'latest' }],
  ['docker.io/library/nginx:1@sha256:00', { domain: 'docker.io', path: 'library/nginx', tag: '1' }],
])('the image name %s is taken apart', (name, parts) => {
  expect(splitImageName(name)).toEqual(parts);
});
