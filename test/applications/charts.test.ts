import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { loadCatalogue } from '../../source/applications/catalogue.ts';
import { packChart } from '../../source/applications/chart-archive.ts';
import { selectApplications } from '../../source/applications/selection.ts';
import { chartValues } from '../../source/applications/values.ts';
import { componentDirectory } from '../lab/components/build-go.ts';
import { goComponent } from '../lab/components/recipes.ts';

type Container = {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly unknown[];
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly startupProbe?: unknown;
  readonly readinessProbe?: unknown;
};
type Manifest = {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly data?: Readonly<Record<string, string>>;
  readonly stringData?: Readonly<Record<string, string>>;
  readonly spec: {
    readonly type?: string;
    readonly replicas?: number;
    readonly ports?: readonly { readonly nodePort?: number; readonly name: string }[];
    readonly selector?: unknown;
    readonly volumeClaimTemplates?: readonly Manifest[];
    readonly resources?: unknown;
    readonly template: {
      readonly metadata: { readonly labels: Readonly<Record<string, string>> };
      readonly spec: {
        readonly securityContext: Readonly<Record<string, unknown>>;
        readonly containers: readonly Container[];
        readonly initContainers?: readonly Container[];
      };
    };
  };
};

const helm = path.join(componentDirectory(goComponent('helm')), 'helm');
const password = 'Ev1l"\\\'pass word';

/** What the packed chart, as it is sent, becomes with the values that are sent. */
async function render(found: string, parameters = {}, nodes = 3): Promise<readonly Manifest[]> {
  const catalogue = loadCatalogue();
  const application = selectApplications(catalogue, [{ package: found, name: 'my-app', parameters }]).at(-1);
  if (application === undefined) throw new Error('nothing selected');
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'landfall-chart-')), 'chart.tgz');
  writeFileSync(file, (await packChart(application.package)).archive);
  const { stdout } = await execa(
    helm,
    ['template', application.name, file, '--namespace', application.package.namespace, '--values', '-'],
    { input: JSON.stringify(chartValues(application, nodes, () => password)) },
  );
  return parseAllDocuments(stdout).map((document) => document.toJS() as Manifest);
}

const isWorkload = (manifest: Manifest): boolean => ['Deployment', 'StatefulSet'].includes(manifest.kind);

function one(manifests: readonly Manifest[], kind: string): Manifest {
  const found = manifests.filter((manifest) => manifest.kind === kind);
  expect(found, kind).toHaveLength(1);
  return found[0] as Manifest;
}

describe.skipIf(!existsSync(helm))(
  existsSync(helm) ? 'charts as helm renders them' : `charts (skipped: the lab has not built ${helm} yet)`,
  () => {
    const rendered = new Map<string, readonly Manifest[]>();
    beforeAll(async () => {
      for (const found of ['mariadb', 'valkey', 'website']) rendered.set(found, await render(found));
      const catalogue = loadCatalogue();
      const component = catalogue.find('local-path-storage');
      const file = path.join(mkdtempSync(path.join(tmpdir(), 'landfall-chart-')), 'chart.tgz');
      writeFileSync(file, (await packChart(component)).archive);
      const [application] = selectApplications(catalogue, [
        { package: component.name, name: component.name, parameters: {} },
      ]);
      if (application === undefined) throw new Error('nothing selected');
      const { stdout } = await execa(
        helm,
        ['template', component.name, file, '--namespace', component.namespace, '--values', '-'],
        { input: JSON.stringify(chartValues(application, 3, () => password)) },
      );
      rendered.set(
        component.name,
        parseAllDocuments(stdout).map((document) => document.toJS() as Manifest),
      );
    }, 60_000);

    const names = ['mariadb', 'valkey', 'website', 'local-path-storage'];

    test.each(names)('%s: everything carries the label by which it is told from the system', (name) => {
      const manifests = rendered.get(name) ?? [];
      const label = { 'landfall.dev/application': name === 'local-path-storage' ? name : 'my-app' };
      for (const manifest of manifests) expect(manifest.metadata.labels, manifest.kind).toMatchObject(label);
      const workloads = manifests.filter(isWorkload);
      expect(workloads).toHaveLength(1);
      for (const workload of workloads) {
        expect(workload.spec.template.metadata.labels).toMatchObject(label);
        for (const claim of workload.spec.volumeClaimTemplates ?? [])
          expect(claim.metadata.labels).toMatchObject(label);
      }
    });

    test.each(names)(
      '%s: containers are restricted and run the images of the package, by programs that are named',
      (name) => {
        const workload = (rendered.get(name) ?? []).find(isWorkload);
        const pod = workload?.spec.template.spec;
        const images = Object.values(loadCatalogue().find(name).images);
        const containers = [...(pod?.containers ?? []), ...(pod?.initContainers ?? [])];
        expect(containers.length).toBeGreaterThan(0);
        expect(pod?.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
        for (const container of containers) {
          expect(images).toContain(container.image);
          expect(container.command?.length, 'an entrypoint of the image is never relied on').toBeGreaterThan(0);
          expect(container.securityContext).toEqual({
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          });
        }
      },
    );

    test.each(['mariadb', 'valkey'])('%s: the password is in its Secret and nowhere else', (name) => {
      const manifests = rendered.get(name) ?? [];
      expect(one(manifests, 'Secret').stringData?.['password']).toBe(password);
      const others = JSON.stringify(manifests.filter((manifest) => manifest.kind !== 'Secret'));
      for (const part of ['Ev1l', 'pass word']) expect(others).not.toContain(part);
      for (const container of one(manifests, 'StatefulSet').spec.template.spec.containers) {
        expect(container.env).toBeUndefined();
      }
    });

    test('mariadb: a password with every quote survives SQL and the client file', () => {
      const secret = one(rendered.get('mariadb') ?? [], 'Secret').stringData ?? {};
      expect(secret['users.sql']).toContain(`IDENTIFIED BY 'Ev1l"\\\\''pass word';`);
      expect(secret['client.cnf']).toContain(`password = "Ev1l\\"\\\\'pass word"`);
      expect(secret['server.cnf']).toContain('innodb-buffer-pool-size = 256M');
      // The init file is read line by line.
      for (const line of (secret['users.sql'] ?? '').trim().split('\n')) expect(line).toMatch(/;$/);
    });

    test('sizes and ports arrive as they were asked for', async () => {
      const manifests = await render('mariadb', { storage: '20Gi', memory: '4Gi', nodePort: 30306 });
      expect(one(manifests, 'Service').spec).toMatchObject({ type: 'NodePort', ports: [{ nodePort: 30306 }] });
      const set = one(manifests, 'StatefulSet').spec;
      expect(set.volumeClaimTemplates?.[0]?.spec.resources).toEqual({ requests: { storage: '20Gi' } });
      expect(set.template.spec.containers[0]).toMatchObject({ resources: { requests: { memory: '4096Mi' } } });
      expect(one(manifests, 'Secret').stringData?.['server.cnf']).toContain('innodb-buffer-pool-size = 2048M');
      const ports = one(rendered.get('mariadb') ?? [], 'Service').spec.ports;
      expect(ports?.[0]).not.toHaveProperty('nodePort');
    });

    test('valkey: three quarters of the memory are for data', () => {
      const secret = one(rendered.get('valkey') ?? [], 'Secret').stringData ?? {};
      expect(secret['valkey.conf']).toContain(`maxmemory ${(256 * 2 ** 20 * 3) / 4}\n`);
      expect(secret['valkey.conf']).toContain(`requirepass "Ev1l\\"\\\\'pass word"`);
    });

    test('website: texts are shown as text, and there is one replica a node up to two', async () => {
      const manifests = await render('website', { title: '<b>&"{{x}}', text: 'one\n- two: 中文\n  three' });
      const page = one(manifests, 'ConfigMap').data?.['index.html'] ?? '';
      expect(page).toContain('<h1>&lt;b&gt;&amp;&#34;{{x}}</h1>');
      expect(page).toContain('one&#10;- two: 中文&#10;  three');
      expect(one(manifests, 'Deployment').spec.replicas).toBe(2);
      expect(one(await render('website', {}, 1), 'Deployment').spec.replicas).toBe(1);
    });

    test('storage: the provisioner gets a folder that reset knows, and its pods carry the label too', () => {
      const manifests = rendered.get('local-path-storage') ?? [];
      const data = one(manifests, 'ConfigMap').data ?? {};
      expect(JSON.parse(data['config.json'] ?? '')).toEqual({
        nodePathMap: [{ node: 'DEFAULT_PATH_FOR_NON_LISTED_NODES', paths: ['/var/lib/landfall/volumes'] }],
      });
      const helper = parseAllDocuments(data['helperPod.yaml'] ?? '')[0]?.toJS() as Manifest;
      expect(helper.metadata.labels).toEqual({ 'landfall.dev/application': 'local-path-storage' });
      expect(helper.spec).toMatchObject({ containers: [{ image: 'docker.io/library/busybox:1.35.0' }] });
      expect(one(manifests, 'StorageClass').metadata).toMatchObject({
        name: 'local-path',
        annotations: { 'storageclass.kubernetes.io/is-default-class': 'true', defaultVolumeType: 'local' },
      });
    });
  },
);
