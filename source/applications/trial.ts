import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { randomWord } from '../cluster/secrets.ts';
import { LandfallError } from '../errors.ts';
import { type ApplicationAccess, accessNames, fillTemplate } from './access.ts';
import { type ApplicationHost, kubectl, tryKubectl } from './host.ts';
import type { AccessTemplate, Verification } from './package.ts';
import type { SelectedApplication } from './selection.ts';

export type NodeAddress = { readonly name: string; readonly address: string };

const refused = 77;

type Trial = { readonly exitCode: number; readonly output: string };

async function runTrial(
  host: ApplicationHost,
  application: SelectedApplication,
  verification: Verification,
  script: string,
  target: { readonly address: string; readonly port: number; readonly user: string },
  password: string,
): Promise<Trial> {
  const workload = fillTemplate(verification.workload, { application: application.name });
  const words = [
    ...['--namespace', application.package.namespace, 'exec', '--stdin', workload],
    ...['--container', verification.container, '--', '/bin/sh', '-c', script, 'verify'],
    ...[target.address, String(target.port), target.user],
  ];
  const result = await tryKubectl(host, words, { stdin: `${password}\n`, timeout: 60_000 });
  return { exitCode: result.exitCode, output: (result.stderr || result.stdout).trim().slice(-600) };
}

function notUsable(
  host: ApplicationHost,
  application: SelectedApplication,
  where: string,
  trial: Trial,
): LandfallError {
  return new LandfallError({
    code: 'APPLICATION_NOT_USABLE',
    message: `${application.package.title.en} (${application.name}) runs, but could not be used at ${where}.`,
    fix: 'See what it answered; running the same command again tries again.',
    context: { host: host.name, exitCode: trial.exitCode, output: trial.output },
  });
}

type ServicePorts = { readonly inside: number; readonly onNodes: number };

/** Port of a Service in the cluster, and the fixed one on the nodes that Kubernetes gave it. */
async function servicePorts(
  host: ApplicationHost,
  namespace: string,
  service: string,
  port: string,
): Promise<ServicePorts> {
  const text = await kubectl(host, `Read the port of ${service}`, [
    ...['--namespace', namespace, 'get', 'service', service],
    ...['--output', `jsonpath={range .spec.ports[?(@.name=="${port}")]}{.port} {.nodePort}{end}`],
  ]);
  const [inside = 0, onNodes = 0] = text.trim().split(' ').map(Number);
  if (inside > 0 && onNodes > 0) return { inside, onNodes };
  throw new LandfallError({
    code: 'APPLICATION_NO_ADDRESS',
    message: `The service ${service} has no port ${port} on the nodes.`,
    fix: 'Look at the service with kubectl; the package expects it to be of the type NodePort.',
    context: { host: host.name },
  });
}

/** Addresses of the nodes that are ready, in the order given. */
export async function readyNodes(
  host: ApplicationHost,
  nodes: readonly NodeAddress[],
): Promise<readonly NodeAddress[]> {
  const text = await kubectl(host, 'Look at the nodes', [
    ...['get', 'nodes', '--output'],
    'jsonpath={range .items[*]}{.metadata.name} {.status.conditions[?(@.type=="Ready")].status}{"\\n"}{end}',
  ]);
  const ready = new Set(
    text
      .split('\n')
      .filter((line) => line.endsWith(' True'))
      .map((line) => line.split(' ')[0]),
  );
  return nodes.filter((node) => ready.has(node.name));
}

/**
 * Uses an application as its user would, through the address of every ready node, with the password that will be shown and
 * then with a wrong one, which must be refused. Returns what to tell the user.
 */
export async function tryAccess(
  host: ApplicationHost,
  application: SelectedApplication,
  template: AccessTemplate,
  nodes: readonly NodeAddress[],
  password: string | undefined,
  dnsDomain: string,
  signal: AbortSignal,
): Promise<ApplicationAccess> {
  const { namespace, verification, title } = application.package;
  const { service, user, values } = accessNames(application, template);
  const { inside, onNodes: port } = await servicePorts(host, namespace, service, template.port);
  const ready = await readyNodes(host, nodes);
  const addresses: string[] = [];
  if (verification !== undefined) {
    const script = await readFile(path.join(application.package.directory, verification.script), 'utf8');
    const attempt = (address: string, word: string): Promise<Trial> =>
      runTrial(host, application, verification, script, { address, port, user: user ?? '' }, word);
    // The rules that lead from a node's port to the pod may follow a moment after the pod is ready.
    const patiently = async (address: string): Promise<Trial> => {
      for (let tries = 1; ; tries++) {
        const trial = await attempt(address, password ?? '');
        if (trial.exitCode === 0 || trial.exitCode === refused || tries === 15) return trial;
        signal.throwIfAborted();
        await new Promise((resolve) => setTimeout(resolve, 1000));
      }
    };
    for (const node of ready) {
      const trial = await patiently(node.address);
      if (trial.exitCode !== 0) throw notUsable(host, application, `${node.address}:${port}`, trial);
      addresses.push(node.address);
    }
    const [address] = addresses;
    if (password !== undefined && address !== undefined) {
      const trial = await attempt(address, randomWord(20));
      if (trial.exitCode !== refused) {
        throw new LandfallError({
          code: 'APPLICATION_OPEN',
          message: `${application.package.title.en} (${application.name}) did not refuse a wrong password at ${address}:${port}.`,
          fix: 'Do not use it; uninstall it and report this.',
          context: { host: host.name, exitCode: trial.exitCode, output: trial.output },
        });
      }
    }
  }
  const [address] = addresses;
  if (address === undefined) {
    throw notUsable(host, application, `port ${port}`, { exitCode: 1, output: 'no node is ready' });
  }
  const filled = { ...values, address, port: String(port) };
  return {
    application: application.name,
    package: application.package.name,
    title,
    protocol: template.protocol,
    address,
    addresses,
    port,
    url: fillTemplate(template.url, filled),
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
    ...(template.command === undefined ? {} : { command: fillTemplate(template.command, filled) }),
    inside: `${service}.${namespace}.svc.${dnsDomain}:${inside}`,
    tried: true,
  };
}
