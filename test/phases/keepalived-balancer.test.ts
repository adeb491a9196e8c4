import { expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import type { Bundle, BundleImage } from '../../source/bundle/contents.ts';
import type { ClusterDocument } from '../../source/cluster/document.ts';
import { parseClusterDocument } from '../../source/cluster/load-document.ts';
import type { HostConnection } from '../../source/hosts/connection.ts';
import { parseFacts } from '../../source/hosts/gather-facts.ts';
import type { InstallContext } from '../../source/phases/context.ts';
import { kernelFiles, kernelModules } from '../../source/phases/host-preparation.ts';
import { initConfiguration } from '../../source/phases/kubeadm-configuration.ts';
import { loadBalancer } from '../../source/phases/load-balancer.ts';
import { forOperator } from '../../source/phases/operator-access.ts';

const haproxy: BundleImage = {
  name: 'docker.io/library/haproxy:2.6.12',
  digest: 'sha256:0',
  use: 'load-balancer',
  architectures: ['amd64'],
};
const keepalived: BundleImage = { ...haproxy, name: 'docker.io/ednxzu/keepalived:2.2.7', digest: 'sha256:1' };

function documentWith(balancer: string): ClusterDocument {
  const hosts = [1, 2, 3, 4].map(
    (number) =>
      `    - { name: node-${number}, address: 10.0.0.${number}, role: ${number < 4 ? 'control-plane' : 'worker'} }`,
  );
  return parseClusterDocument(
    'cluster.yaml',
    `apiVersion: landfall/v1\nkind: Cluster\nmetadata: { name: test }\nspec:\n  hosts:\n${hosts.join('\n')}\n  loadBalancer: ${balancer}\n`,
  );
}

/** What was run on the host and what is placed there, by path. */
type Deeds = { readonly commands: string[]; readonly placed: Map<string, string> };

function contextOf(
  balancer: string,
  images: readonly BundleImage[],
  answers: (script: string) => { readonly exitCode: number; readonly stdout: string },
): { readonly context: InstallContext; readonly deeds: Deeds } {
  const deeds: Deeds = { commands: [], placed: new Map() };
  const connection = {
    name: 'node-4',
    run: async (script: string) => {
      deeds.commands.push(script);
      return { stderr: '', ...answers(script) };
    },
    check: async (title: string, _script: string, _words: readonly string[] = [], more: { stdin?: string } = {}) => {
      deeds.commands.push(title);
      if (title !== 'Place files') return '';
      const lines = (more.stdin ?? '').split('\n');
      for (let index = 0; index + 1 < lines.length; index += 2) {
        const [, path = ''] = lines[index]?.split(' ') ?? [];
        deeds.placed.set(path, Buffer.from(lines[index + 1] ?? '', 'base64').toString());
      }
      return '';
    },
  } as unknown as HostConnection;
  const context = {
    document: documentWith(balancer),
    bundle: { images, files: [] } as unknown as Bundle,
    pki: { clusterAuthority: 'AUTHORITY' },
    host: async () => ({ connection, facts: parseFacts('architecture x86_64', 'x') }),
  } as unknown as InstallContext;
  return { context, deeds };
}

const reporter = { output: () => {}, note: () => {}, progress: () => {}, signal: new AbortController().signal };
const unit = '/etc/systemd/system/landfall-load-balancer.service';
const settings = '/etc/landfall/load-balancer/keepalived.conf';

function stepOn(context: InstallContext, name: string) {
  const host = context.document.hosts.find((entry) => entry.name === name);
  if (host === undefined) throw new Error('no such host');
  return loadBalancer(context, host);
}

test('keepalived is started with its own image, unit and script, and every control plane as a server', async () => {
  const { context, deeds } = contextOf('{ driver: keepalived }', [haproxy, keepalived], (script) => ({
    exitCode: script.startsWith('test ! -e') ? 0 : 1,
    stdout: '',
  }));
  await stepOn(context, 'node-4').apply(reporter);
  expect([...deeds.placed.keys()]).toEqual([settings, '/var/lib/landfall/load-balancer.sh', unit]);
  const configuration = deeds.placed.get(settings) ?? '';
  expect(configuration).toContain('virtual_server 169.254.97.2 6443 {');
  expect([...configuration.matchAll(/real_server (\S+) 6443/g)].map((match) => match[1])).toEqual([
    '10.0.0.1',
    '10.0.0.2',
    '10.0.0.3',
  ]);
  expect(deeds.placed.get(unit)).toContain('/root-1 /run/landfall-load-balancer 10.0.0.4\n');
  expect(deeds.commands).toContain('Start the load balancer');
  // No process listens, so that no port is asked for.
  expect(deeds.commands.filter((command) => /Look who uses port/.test(command))).toEqual([]);
});

test('other control planes are given to a running balancer by a reload', async () => {
  const { context, deeds } = contextOf('{ driver: keepalived }', [haproxy, keepalived], () => ({
    exitCode: 0,
    stdout: '',
  }));
  await stepOn(context, 'node-4').apply(reporter);
  expect([...deeds.placed.keys()]).toEqual([settings]);
  expect(deeds.commands.at(-1)).toBe('Give the load balancer its new servers');
});

test('a bundle without keepalived is refused before anything is changed', () => {
  const { context } = contextOf('{ driver: keepalived }', [haproxy], () => ({ exitCode: 0, stdout: '' }));
  expect(() => stepOn(context, 'node-1')).toThrow(expect.objectContaining({ code: 'BUNDLE_IMAGE_MISSING' }));
  const other = contextOf('{}', [keepalived], () => ({ exitCode: 0, stdout: '' }));
  expect(() => stepOn(other.context, 'node-1')).toThrow(expect.objectContaining({ code: 'BUNDLE_IMAGE_MISSING' }));
});

test.each([
  ['{ driver: keepalived }', 'https://127.0.0.1:7443'],
  ['{}', 'https://169.254.97.2:6443'],
  ['{ port: 8443 }', 'https://127.0.0.1:7443'],
])('%s on a node that calls the API at %s is refused, and nothing is placed', async (balancer, server) => {
  const { context, deeds } = contextOf(balancer, [haproxy, keepalived], (script) => ({
    exitCode: 0,
    stdout: script.startsWith('test ! -e') ? `${server}\n` : '',
  }));
  await expect(stepOn(context, 'node-4').apply(reporter)).rejects.toMatchObject({
    code: 'LOAD_BALANCER_CHANGED',
    message: expect.stringContaining(server),
  });
  expect(deeds.placed.size).toBe(0);
});

test('the modules of the driver are loaded at every boot, and only for it', () => {
  const chosen = documentWith('{ driver: keepalived }');
  expect(kernelModules(chosen).slice(0, 2)).toEqual(['ip_vs_rr', 'ip_vs']);
  expect(kernelModules(documentWith('{}'))).not.toContain('ip_vs');
  const [modules] = kernelFiles(chosen);
  expect(modules).toMatchObject({ path: '/etc/modules-load.d/landfall.conf' });
  expect(modules?.content).toContain('\nip_vs\n');
});

test('kubeadm, the API and the operator know the virtual address', () => {
  const document = documentWith('{ driver: keepalived }');
  const [host] = document.hosts;
  if (host === undefined) throw new Error('no host');
  const text = initConfiguration({
    document,
    host,
    facts: parseFacts('architecture x86_64\ncgroup 2', 'x'),
    anyCgroupVersion1: false,
    anyFixedConntrack: false,
    kubernetesVersion: 'v1.36.3',
    bootstrapToken: 'abcdef.0123456789abcdef',
  });
  const cluster = parseAllDocuments(text)
    .map((part) => part.toJS())
    .find(({ kind }) => kind === 'ClusterConfiguration');
  expect(cluster.controlPlaneEndpoint).toBe('169.254.97.2:6443');
  expect(cluster.apiServer.certSANs).toContain('169.254.97.2');
  const own = 'clusters:\n- cluster:\n    server: https://169.254.97.2:6443\n';
  expect(parse(forOperator(own, document, '10.0.0.1')).clusters[0].cluster.server).toBe('https://10.0.0.1:6443');
  const external = documentWith('{ driver: external, address: api.example.org }');
  const theirs = 'server: https://api.example.org:6443\n';
  expect(forOperator(theirs, external, '10.0.0.1')).toBe(theirs);
});
