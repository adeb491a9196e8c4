import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { readAccess } from '../../source/applications/access.ts';
import { loadCatalogue } from '../../source/applications/catalogue.ts';
import { installedParameters } from '../../source/applications/release.ts';
import { selectApplications } from '../../source/applications/selection.ts';
import { type ApplicationEnvironment, installStep, uninstallStep } from '../../source/applications/steps.ts';
import { openClusterSecrets } from '../../source/cluster/secrets.ts';
import type { Step, StepReporter } from '../../source/engine/step.ts';
import { FakeCluster } from './fake-cluster.ts';

const catalogue = loadCatalogue();

function setUp(parameters = {}): {
  readonly cluster: FakeCluster;
  readonly environment: ApplicationEnvironment;
  readonly step: () => Step;
  readonly folder: string;
} {
  const cluster = new FakeCluster();
  const folder = path.join(mkdtempSync(path.join(tmpdir(), 'landfall-steps-')), 'home');
  const environment: ApplicationEnvironment = {
    host: { name: 'plane-1', connection: async () => cluster, programs: '/programs', kubeconfig: '/admin.conf' },
    nodes: [
      { name: 'worker-1', address: '10.0.0.4' },
      { name: 'worker-2', address: '10.0.0.5' },
      { name: 'plane-1', address: '10.0.0.1' },
    ],
    workloadNodes: 2,
    dnsDomain: 'cluster.local',
    exactImage: (image) => `${image}@sha256:${'0'.repeat(64)}`,
    passwords: openClusterSecrets(folder),
    clusterDirectory: folder,
    after: ['verification/cluster@plane-1'],
  };
  const step = (): Step => {
    const [, application] = selectApplications(catalogue, [{ package: 'mysql', name: 'shop', parameters }]);
    if (application === undefined) throw new Error('nothing selected');
    return installStep(environment, application);
  };
  return { cluster, environment, step, folder };
}

function reporter(lines: string[] = []): StepReporter {
  return {
    progress: () => {},
    note: () => {},
    output: (line) => lines.push(line),
    signal: new AbortController().signal,
  };
}

async function carryOut(step: Step, lines: string[] = []): Promise<void> {
  expect(await step.probe(reporter())).toMatchObject({ state: 'needed' });
  await step.apply(reporter(lines));
  await step.verify(reporter(lines));
}

test('an application is installed, waited for, tried at every ready node, and its access written down', async () => {
  const { cluster, step, folder } = setUp();
  cluster.looksUntilReady = 2;
  const lines: string[] = [];
  await carryOut(step(), lines);
  expect(lines).toEqual(['shop has 0 of 1 replicas']);
  expect(cluster.tried).toEqual(['10.0.0.4:31234 admin', '10.0.0.1:31234 admin', '10.0.0.4:31234 admin']);
  const password = openClusterSecrets(folder).applicationPassword('shop', 'password');
  expect(cluster.installedPassword).toBe(password);
  expect(readAccess(folder)).toEqual([
    {
      application: 'shop',
      package: 'mariadb',
      title: { en: 'MariaDB', zh: 'MariaDB 数据库' },
      protocol: 'mysql',
      address: '10.0.0.4',
      addresses: ['10.0.0.4', '10.0.0.1'],
      port: 31234,
      url: 'mysql://admin@10.0.0.4:31234/app',
      user: 'admin',
      password,
      command: 'mariadb --host=10.0.0.4 --port=31234 --user=admin --password app',
      inside: 'shop.applications.svc.cluster.local:3306',
      tried: true,
    },
  ]);
});

test('the pods of an application name their images by the digest of the bundle', async () => {
  const { cluster, step } = setUp();
  await carryOut(step());
  const { images } = JSON.parse(cluster.values) as { readonly images: Readonly<Record<string, string>> };
  expect(images).toEqual({ mariadb: `docker.io/library/mariadb:10.11@sha256:${'0'.repeat(64)}` });
});

test('the password travels on standard input only', async () => {
  const { cluster, step, folder } = setUp();
  await carryOut(step());
  const password = openClusterSecrets(folder).applicationPassword('shop', 'password');
  for (const call of cluster.calls) {
    expect(call.script).not.toContain(password);
    expect(call.args.join('\n')).not.toContain(password);
  }
  for (const [file, content] of cluster.files) expect(`${file}${content}`).not.toContain(password);
  expect(cluster.calls.filter((call) => call.stdin.includes(password)).length).toBeGreaterThan(0);
});

test('the second time nothing is to be done; a changed parameter is', async () => {
  const first = setUp();
  await carryOut(first.step());
  expect(await first.step().probe(reporter())).toEqual({ state: 'done' });
  const [, changed] = selectApplications(catalogue, [
    { package: 'mariadb', name: 'shop', parameters: { memory: '1Gi' } },
  ]);
  if (changed === undefined) throw new Error('nothing selected');
  expect(await installStep(first.environment, changed).probe(reporter())).toEqual({
    state: 'needed',
    reason: 'it changes',
  });
});

test.each([
  ['the last change failed', (cluster: FakeCluster) => Object.assign(cluster.release ?? {}, { status: 'failed' })],
  [
    'a run was cut off in helm',
    (cluster: FakeCluster) => Object.assign(cluster.release ?? {}, { status: 'pending-upgrade' }),
  ],
  ['its pod is not ready', (cluster: FakeCluster) => Object.assign(cluster, { ready: false, looksUntilReady: 9 })],
])('it is needed again when %s', async (_name, disturb) => {
  const { cluster, step } = setUp();
  await carryOut(step());
  disturb(cluster);
  expect((await step().probe(reporter())).state).toBe('needed');
});

test('an operator machine that does not know the access finds it again', async () => {
  const { cluster, step, environment, folder } = setUp();
  await carryOut(step());
  const elsewhere = path.join(folder, 'elsewhere');
  const [, application] = selectApplications(catalogue, [{ package: 'mariadb', name: 'shop', parameters: {} }]);
  if (application === undefined) throw new Error('nothing selected');
  const other = installStep({ ...environment, clusterDirectory: elsewhere }, application);
  expect(await other.probe(reporter())).toEqual({ state: 'needed', reason: 'its access is not known here' });
  await other.apply(reporter());
  await other.verify(reporter());
  expect(readAccess(elsewhere)).toEqual(readAccess(folder));
  expect(cluster.release?.revision).toBe(2);
});

test('a password that is not accepted ends in an error, and nothing is told to the person', async () => {
  const { cluster, step, folder } = setUp();
  const own = step();
  await own.apply(reporter());
  cluster.password = 'another';
  await expect(own.verify(reporter())).rejects.toMatchObject({
    code: 'APPLICATION_NOT_USABLE',
    context: { exitCode: 77, output: 'ERROR 1045 (28000)' },
  });
  expect(readAccess(folder)).toEqual([]);
});

test('an application that takes any password is not handed over', async () => {
  const { cluster, step, folder } = setUp();
  const own = step();
  await own.apply(reporter());
  cluster.password = undefined;
  await expect(own.verify(reporter())).rejects.toMatchObject({ code: 'APPLICATION_OPEN' });
  expect(readAccess(folder)).toEqual([]);
});

test('a node port that answers a moment later is waited for', async () => {
  const { cluster, step, folder } = setUp();
  const own = step();
  await own.apply(reporter());
  cluster.trialFailures = 1;
  await own.verify(reporter());
  expect(readAccess(folder)).toHaveLength(1);
});

test('a name that something else in the cluster has is refused', async () => {
  const { cluster, step } = setUp();
  cluster.release = { status: 'deployed', package: '', hash: '', revision: 4 };
  await expect(step().apply(reporter())).rejects.toMatchObject({ code: 'APPLICATION_NAME' });
  expect(cluster.release.revision).toBe(4);
});

test('uninstalling keeps data and password; a new install has the same; --delete-data deletes both', async () => {
  const { cluster, step, environment, folder } = setUp();
  await carryOut(step());
  const password = cluster.installedPassword;

  const lines: string[] = [];
  const keep = () => uninstallStep(environment, catalogue, 'shop', false);
  await carryOut(keep(), lines);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain('The data of shop stays (5Gi)');
  expect(readAccess(folder)).toEqual([]);
  expect(cluster.volumes).toEqual(['5Gi']);
  expect(await keep().probe(reporter())).toEqual({ state: 'done' });

  await carryOut(step());
  expect(cluster.installedPassword).toBe(password);

  await carryOut(uninstallStep(environment, catalogue, 'shop', true));
  expect(cluster.volumes).toEqual([]);
  expect(openClusterSecrets(folder).allValues()).not.toContain(password);
});

const fixed = 'Error: UPGRADE FAILED: spec: Forbidden: updates to statefulset spec for fields other than replicas';

test('another size of storage is refused with a way out, and the application is left alone', async () => {
  const { cluster, environment, step } = setUp();
  await carryOut(step());
  const [, bigger] = selectApplications(catalogue, [
    { package: 'mariadb', name: 'shop', parameters: { storage: '9Gi' } },
  ]);
  if (bigger === undefined) throw new Error('nothing selected');
  cluster.helmErrors.push(fixed);
  await expect(installStep(environment, bigger).apply(reporter())).rejects.toMatchObject({
    code: 'APPLICATION_FIXED',
    fix: expect.stringContaining('landfall app uninstall shop'),
  });
  expect(cluster.calls.some((call) => call.args.includes('--cascade=orphan'))).toBe(false);
});

test('a newer chart that changes what cannot be changed makes the set anew around its pods', async () => {
  const { cluster, step } = setUp();
  await carryOut(step());
  cluster.helmErrors.push(fixed);
  await step().apply(reporter());
  expect(cluster.calls.filter((call) => call.args.includes('--cascade=orphan'))).toHaveLength(1);
  expect(cluster.release?.revision).toBe(2);
});

test('an API that is away for a moment is worth another try, a refusal is not', async () => {
  const { cluster, step } = setUp();
  cluster.helmErrors.push(
    'Error: Kubernetes cluster unreachable: dial tcp 127.0.0.1:7443: connect: connection refused',
  );
  await expect(step().apply(reporter())).rejects.toMatchObject({ code: 'COMMAND_FAILED', transient: true });
  cluster.helmErrors.push('Error: execution error at (mariadb/templates/secret.yaml): the password is missing');
  await expect(step().apply(reporter())).rejects.toMatchObject({ code: 'COMMAND_FAILED', transient: false });
});

test('what an application was given before can be read back, without its password', async () => {
  const { cluster, environment, step } = setUp({ memory: '1Gi' });
  const shop = { name: 'shop', namespace: 'applications' };
  expect(await installedParameters(environment.host, shop)).toEqual({});
  await carryOut(step());
  expect(cluster.values).toContain(cluster.installedPassword);
  expect(await installedParameters(environment.host, shop)).toEqual({
    database: 'app',
    user: 'admin',
    storage: '5Gi',
    memory: '1Gi',
  });
});

test('storage that an application lies on is not uninstalled', async () => {
  const { step, environment } = setUp();
  await carryOut(step());
  const storage = uninstallStep(environment, catalogue, 'local-path-storage', false);
  await expect(storage.apply(reporter())).rejects.toMatchObject({
    code: 'APPLICATION_NEEDED',
    message: 'local-path-storage is needed by shop.',
  });
});

test('the order of steps: storage after what the caller says, applications after their storage', () => {
  const { environment, step } = setUp();
  const [storage] = selectApplications(catalogue, [{ package: 'mariadb', name: 'shop', parameters: {} }]);
  if (storage === undefined) throw new Error('nothing selected');
  expect(installStep(environment, storage)).toMatchObject({
    id: 'applications/local-path-storage@plane-1',
    after: ['verification/cluster@plane-1'],
  });
  expect(step()).toMatchObject({
    id: 'applications/shop@plane-1',
    phase: 'applications',
    host: 'plane-1',
    title: 'Install MariaDB as shop',
    after: ['applications/local-path-storage@plane-1'],
  });
});
