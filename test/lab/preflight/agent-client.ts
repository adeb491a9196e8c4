import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { CheckResult } from '../../../source/preflight/check.ts';
import { repositoryFile } from '../cluster/landfall.ts';
import type { Lab } from '../hosts/lab.ts';

export type AgentRequest =
  | { readonly action: 'check'; readonly host: string }
  | { readonly action: 'fix'; readonly host: string; readonly ids: readonly string[] }
  | { readonly action: 'names'; readonly host: string }
  | { readonly action: 'together'; readonly mesh: boolean };

/** The checks of the program, run in the lab's network by a process that keeps its connections. */
export type Agent = {
  check(host: string): Promise<readonly CheckResult[]>;
  fix(
    host: string,
    ids: readonly string[],
  ): Promise<{ readonly results: readonly CheckResult[]; readonly problems: readonly string[] }>;
  names(host: string): Promise<readonly CheckResult[]>;
  together(mesh: boolean): Promise<readonly CheckResult[]>;
  close(): void;
};

export function startAgent(lab: Lab, document: string, home: string): Agent {
  const [program = '', ...args] = lab.inside([
    process.execPath,
    repositoryFile('test/lab/preflight/agent.ts'),
    document,
    home,
  ]);
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const waiting: { resolve: (value: unknown) => void; reject: (error: Error) => void }[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    const reply: { value?: unknown; error?: string } = JSON.parse(line);
    const next = waiting.shift();
    if (reply.error === undefined) next?.resolve(reply.value);
    else next?.reject(new Error(reply.error));
  });
  child.on('close', (code) => {
    for (const { reject } of waiting.splice(0)) reject(new Error(`the agent ended with exit code ${code}`));
  });
  const ask = <Answer>(request: AgentRequest): Promise<Answer> =>
    new Promise<unknown>((resolve, reject) => {
      waiting.push({ resolve, reject });
      child.stdin.write(`${JSON.stringify(request)}\n`);
    }) as Promise<Answer>;
  return {
    check: (host) => ask({ action: 'check', host }),
    fix: (host, ids) => ask({ action: 'fix', host, ids }),
    names: (host) => ask({ action: 'names', host }),
    together: (mesh) => ask({ action: 'together', mesh }),
    close: () => child.stdin.end(),
  };
}
