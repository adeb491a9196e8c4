import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { loadClusterDocument } from '../../source/cluster/load-document.ts';
import type { JournalEvent } from '../../source/engine/events.ts';
import { type FleetRecord, livingFleet, serveFleet, useFleet } from '../../source/practice/fleet-process.ts';
import { practiceServices } from '../../source/practice/practice-services.ts';
import type {
  CheckResult,
  DraftHost,
  FoundHost,
  HostState,
  WizardDraft,
  WizardServices,
} from '../../source/presenters/terminal/services.ts';

const never = new AbortController().signal;
const homeBefore = process.env['LANDFALL_HOME'];
let home = '';
let ended: Promise<void>;
let fleet: FleetRecord;
let services: WizardServices;

beforeAll(async () => {
  home = mkdtempSync(path.join(tmpdir(), 'landfall-services-'));
  process.env['LANDFALL_HOME'] = home;
  useFleet()();
  ended = serveFleet({ hosts: 4, speed: 50, faults: 'failed-check:node-1,full-disk:node-4,wrong-password:node-3' });
  await vi.waitFor(() => expect(livingFleet()).toBeDefined(), 10_000);
  fleet = livingFleet() as FleetRecord;
  services = practiceServices(fleet, '0.0.0');
});

afterAll(async () => {
  rmSync(path.join(home, 'in-use'), { force: true });
  await ended;
  rmSync(home, { recursive: true, force: true });
  if (homeBefore === undefined) delete process.env['LANDFALL_HOME'];
  else process.env['LANDFALL_HOME'] = homeBefore;
});

test('the way of the wizard, from a scan to a finished cluster, by the services alone', {
  timeout: 60_000,
}, async () => {
  const found: FoundHost[] = [];
  await services.scanNetwork(
    services.practice?.ranges ?? [],
    (host) => found.push(host),
    () => {},
    never,
  );
  expect(found.map((host) => host.port).toSorted()).toEqual(
    fleet.document.hosts.map((host) => host.ssh.port).toSorted(),
  );
  expect(found[0]?.banner).toMatch(/^SSH-2\.0-/);

  const { user, password } = services.practice ?? { user: '', password: '' };
  const login = { method: 'password', user, password } as const;
  const states = new Map<number, HostState>();
  const targets = found.map((host) => ({ ...host, login }));
  await services.connectHosts(targets, (state) => states.set(state.port, state), never);
  const portOf = (name: string): number => fleet.document.hosts.find((host) => host.name === name)?.ssh.port ?? 0;
  expect(states.get(portOf('node-1'))).toMatchObject({
    condition: 'ready',
    keyIsNew: true,
    fingerprint: expect.stringMatching(/^SHA256:/),
    summary: { hostname: 'node-1', architecture: 'amd64' },
  });
  expect(states.get(portOf('node-3'))).toMatchObject({ condition: 'failed', problem: { code: 'SSH_AUTH' } });

  const other = { ...login, password: fleet.otherPasswords['node-3'] ?? '' };
  const [third] = targets.filter((target) => target.port === portOf('node-3'));
  await services.connectHosts(
    [{ ...third, address: '127.0.0.1', port: portOf('node-3'), login: other }],
    (state) => states.set(state.port, state),
    never,
  );
  expect(states.get(portOf('node-3'))?.condition).toBe('ready');

  const hosts = fleet.document.hosts.map(
    (host): DraftHost => ({
      address: host.address,
      port: host.ssh.port,
      nodeName: host.name,
      role: host.role,
      ...(host.name === 'node-3' ? { login: other } : {}),
    }),
  );
  const applications = (await services.catalogue('', 'en'))
    .slice(0, 1)
    .map((entry) => ({ package: entry.package, parameters: {} }));
  const draft: WizardDraft = {
    name: 'shop',
    bundle: '',
    login,
    hosts,
    balancer: 'haproxy',
    applications,
    acceptedWarnings: [],
  };

  const checks = new Map<string, CheckResult>();
  const note = (result: CheckResult): void => void checks.set(`${result.id}@${result.host}`, result);
  await services.runChecks(draft, 'en', note, never);
  const failed = (): readonly CheckResult[] => [...checks.values()].filter((result) => result.outcome !== 'passed');
  expect(failed().map((result) => `${result.host} ${result.id} ${result.fixable}`)).toEqual([
    'node-1 port-kubernetes-api true',
  ]);
  await services.fixChecks(draft, failed(), 'en', note, never);
  expect(failed()).toEqual([]);

  const preview = await services.previewPlan(draft);
  expect(preview.problems).toEqual([]);
  expect(preview.hosts.map((host) => host.name)).toEqual(['node-1', 'node-2', 'node-3', 'node-4']);
  expect(preview.phases.at(-1)).toMatchObject({ id: 'applications', steps: 1 });
  const saved = await services.saveDocument(draft);
  expect(readFileSync(saved.file, 'utf8')).not.toContain(password);

  const view = await services.startInstall(draft);
  const events: JournalEvent[] = [];
  await view.follow((batch) => {
    events.push(...batch);
    for (const event of batch) if (event.type === 'question') void view.answer(event.question, 'retry');
  }, never);
  expect(events.find((event) => event.type === 'question')).toMatchObject({ step: expect.stringContaining('@node-4') });
  expect(events.at(-1)).toMatchObject({ type: 'run-finished', outcome: 'succeeded' });
  expect(readFileSync(view.journal, 'utf8')).not.toContain(password);

  const clusters: string[] = [];
  const looking = new AbortController();
  await services.watchClusters((known) => {
    clusters.push(...known.map((cluster) => `${cluster.name} ${cluster.condition}`));
    looking.abort();
  }, looking.signal);
  expect(clusters).toEqual(['shop ready']);
  const again = await services.resumeRun('shop');
  const second: JournalEvent[] = [];
  await again.follow((batch) => second.push(...batch), never);
  expect(second.filter((event) => event.type === 'step-failed' || event.type === 'run-failed')).toEqual([]);
  expect(second.at(-1)).toMatchObject({ outcome: 'succeeded', changed: 0 });
  expect((await services.access('shop')).applications[0]?.hint).toContain('PRACTICE');
});

test('a saved document is one the program reads', async () => {
  const [host] = fleet.document.hosts;
  const draft: WizardDraft = {
    name: 'single',
    bundle: '',
    login: { method: 'password', user: 'root', password: 'x' },
    hosts: [{ address: '127.0.0.1', port: host?.ssh.port ?? 0, nodeName: 'one', role: 'control-plane' }],
    balancer: 'haproxy',
    applications: [],
    acceptedWarnings: [],
  };
  const { file } = await services.saveDocument(draft);
  expect(loadClusterDocument(file)).toMatchObject({ name: 'single', hosts: [{ name: 'one', ssh: { user: 'root' } }] });
});
