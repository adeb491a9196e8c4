import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach } from 'vitest';
import type { Answer, EventBody } from '../../source/engine/events.ts';
import { type RunResult, runPlan } from '../../source/engine/runner.ts';
import type { LandfallError } from '../../source/errors.ts';
import { SshConnection } from '../../source/hosts/ssh-connection.ts';
import type { HostSecrets } from '../../source/hosts/ssh-login.ts';
import { type PracticeFleet, type PracticeFleetOptions, startPracticeFleet } from '../../source/practice/fleet.ts';
import { preparePracticeRun } from '../../source/practice/practice-run.ts';

const endings: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

/** A fleet that ends with the test; fast, with few bytes, unless told otherwise. */
export async function startFleet(options: Partial<PracticeFleetOptions> = {}): Promise<PracticeFleet> {
  const fleet = await startPracticeFleet({ hosts: 1, speed: 50, scale: 1 / 32, ...options });
  endings.push(() => fleet.stop());
  return fleet;
}

/** A connection to a host with what was typed for it. */
export function connectTo(fleet: PracticeFleet, name: string, secrets: HostSecrets, ssh = {}): SshConnection {
  const entry = fleet.hosts.find((host) => host.name === name);
  if (entry === undefined) throw new TypeError(`no host ${name}`);
  const connection = new SshConnection({ ...entry, ssh: { user: fleet.user, port: entry.ssh.port, ...ssh } }, secrets, {
    check: () => ({ verdict: 'new' }),
  });
  endings.push(() => connection.close());
  return connection;
}

export type PracticeRun = { readonly result: RunResult; readonly events: readonly EventBody[] };

/** Runs the whole practice install, with short retries and answers as given. */
export async function runInstall(
  fleet: PracticeFleet,
  ask: (failure: LandfallError, step: string) => Answer = () => 'skip-host',
): Promise<PracticeRun> {
  const home = mkdtempSync(path.join(tmpdir(), 'landfall-practice-test-'));
  endings.push(() => rmSync(home, { recursive: true, force: true }));
  const prepared = preparePracticeRun(fleet.document, {}, { scale: fleet.scale, home });
  const events: EventBody[] = [];
  try {
    const result = await runPlan(prepared.plan, {
      emit: (event) => events.push(event),
      ask: async (step, failure) => ask(failure, step.id),
      stop: new AbortController().signal,
      concurrency: { host: 32, upload: 5, 'control-plane': 1, operator: 4 },
      retryDelays: [50, 200, 500, 1000],
    });
    return { result, events };
  } finally {
    await prepared.close();
  }
}
