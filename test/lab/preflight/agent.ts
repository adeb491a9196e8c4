// Runs in the lab's network and answers a line of JSON for each line of JSON it reads, over connections it keeps.
import { createInterface } from 'node:readline';
import { loadClusterDocument } from '../../../source/cluster/load-document.ts';
import { gatherFacts } from '../../../source/hosts/gather-facts.ts';
import { checkBetweenHosts } from '../../../source/preflight/between-hosts.ts';
import { checkCluster } from '../../../source/preflight/check-cluster.ts';
import { compareHosts } from '../../../source/preflight/compare-hosts.ts';
import { evaluateHost } from '../../../source/preflight/evaluate-host.ts';
import { checkNames } from '../../../source/preflight/probe-host.ts';
import { resultMaker } from '../../../source/preflight/results.ts';
import { fixHost, isOwnNode } from '../../../source/preflight/run-preflight.ts';
import { openHostPool } from '../../../source/runs/open-context.ts';
import type { AgentRequest } from './agent-client.ts';

const [file = '', home = ''] = process.argv.slice(2);
const document = loadClusterDocument(file);
const pool = openHostPool(document, home, {});
const make = resultMaker(new Set());
const signal = new AbortController().signal;

function find(name: string) {
  const host = document.hosts.find((candidate) => candidate.name === name);
  if (host === undefined) throw new TypeError(`no host ${name}`);
  return host;
}

async function reached(name: string) {
  const host = find(name);
  const { connection } = await pool.host(name);
  return { host, connection, facts: await gatherFacts(connection) };
}

async function answer(request: AgentRequest): Promise<unknown> {
  switch (request.action) {
    case 'check': {
      const { host, facts } = await reached(request.host);
      return evaluateHost({ host, facts, document, own: isOwnNode(facts, document) }, new Set());
    }
    case 'fix': {
      const problems: string[] = [];
      const results = await fixHost(
        {
          document,
          accepted: new Set(),
          reach: pool.host,
          onFix: ({ problem }) => {
            if (problem !== undefined) problems.push(problem);
          },
        },
        find(request.host),
        new Set(request.ids),
      );
      return { results, problems };
    }
    case 'names': {
      const { host, connection } = await reached(request.host);
      return checkNames(host, connection, make, signal);
    }
    case 'together': {
      const hosts = await Promise.all(document.hosts.map((host) => reached(host.name)));
      const known = hosts.map(({ host, facts }) => ({ name: host.name, facts }));
      return [
        ...compareHosts(known, document, make),
        ...checkCluster(document, known, new Set(), make),
        ...(request.mesh ? await checkBetweenHosts(document, hosts, make, signal) : []),
      ];
    }
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const reply = await answer(JSON.parse(line)).then(
    (value) => ({ value }),
    (error: Error) => ({ error: error.stack ?? error.message }),
  );
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}
await pool.close();
