import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { ClusterDocument } from '../../source/cluster/document.ts';
import { parseClusterDocument } from '../../source/cluster/load-document.ts';
import type { HostFacts } from '../../source/hosts/facts.ts';
import { parseFacts } from '../../source/hosts/gather-facts.ts';
import type { CheckResult } from '../../source/preflight/check.ts';
import { evaluateHost } from '../../source/preflight/evaluate-host.ts';

const folder = path.join(import.meta.dirname, 'recordings');

export const recordings: readonly string[] = readdirSync(folder).filter((name) => name.endsWith('.txt'));

export function recording(name: string): string {
  return readFileSync(path.join(folder, name), 'utf8');
}

/** A document whose first host has the address of the recordings. */
export function document(hosts = 1, spec = ''): ClusterDocument {
  const entries = Array.from(
    { length: hosts },
    (_, index) =>
      `    - { name: node-${index + 1}, address: 10.20.${Math.floor(index / 200)}.${11 + (index % 200)}, role: ${index < (hosts >= 3 ? 3 : 1) ? 'control-plane' : 'worker'} }`,
  );
  return parseClusterDocument(
    'cluster.yaml',
    `apiVersion: landfall/v1\nkind: Cluster\nmetadata: { name: demo }\nspec:\n  hosts:\n${entries.join('\n')}\n${hosts > 200 ? '  network: { podCidr: 10.128.0.0/10 }\n' : ''}${spec}`,
  );
}

export function factsOf(text: string): HostFacts {
  return parseFacts(text, 'node-1');
}

/** Results of all checks of one host over the text of its facts. */
export function checkText(
  text: string,
  options: { readonly document?: ClusterDocument; readonly own?: boolean } = {},
): readonly CheckResult[] {
  const cluster = options.document ?? document();
  const [host] = cluster.hosts;
  if (host === undefined) throw new TypeError('a document has a host');
  return evaluateHost({ host, facts: factsOf(text), document: cluster, own: options.own ?? false }, new Set());
}
