import { describe, expect, test } from 'vitest';
import type { Bundle } from '../../source/bundle/contents.ts';
import { parseClusterDocument } from '../../source/cluster/load-document.ts';
import { stepsOf, validatePlan } from '../../source/engine/plan.ts';
import type { HostConnection } from '../../source/hosts/connection.ts';
import type { InstallContext } from '../../source/phases/context.ts';
import { memberOrder } from '../../source/phases/etcd-snapshots.ts';
import type { RestoreContext } from '../../source/phases/restore.ts';
import { type RestoreManner, restorePlan } from '../../source/workflows/restore.ts';
import { restoreManner } from '../../source/workflows/restore-manner.ts';

const document = parseClusterDocument(
  'cluster.yaml',
  `apiVersion: landfall/v1
kind: Cluster
metadata: { name: test }
spec:
  hosts:
    - { name: node-1, address: 10.0.0.1, role: control-plane }
    - { name: node-2, address: 10.0.0.2, role: control-plane }
    - { name: node-3, address: 10.0.0.3, role: control-plane }
    - { name: node-4, address: 10.0.0.4, role: worker }
`,
);

function planOf(manner: RestoreManner) {
  const unused = (): never => {
    throw new Error('making a plan reaches no host');
  };
  const image = {
    name: 'docker.io/library/haproxy:2.6.12',
    digest: 'sha256:0',
    use: 'load-balancer',
    architectures: [],
  };
  const context = {
    document,
    bundle: { images: [image], files: [] } as unknown as Bundle,
    secrets: { registryPassword: 'registry-password-1', bootstrapToken: 'abcdef.0123456789abcdef' },
    pki: { clusterAuthority: '', registryAuthority: '', kubernetesFiles: unused, registryCertificate: unused },
    home: '/nowhere',
    host: unused,
    restore: { id: 'id', snapshot: '/nowhere/etcd.db', size: 1, sha256: '' },
  } as unknown as InstallContext as RestoreContext;
  return restorePlan(context, manner);
}

/** Ids of all steps that a step waits for, however far back. */
function before(plan: ReturnType<typeof planOf>, id: string): ReadonlySet<string> {
  const steps = new Map(stepsOf(plan).map((step) => [step.id, step]));
  const found = new Set<string>();
  const visit = (name: string): void => {
    for (const earlier of steps.get(name)?.after ?? []) {
      if (!found.has(earlier)) {
        found.add(earlier);
        visit(earlier);
      }
    }
  };
  visit(id);
  return found;
}

describe('the plan of a restore', () => {
  test('in place: each part has ended everywhere before the next begins anywhere', () => {
    const plan = planOf('in-place');
    expect(() => validatePlan(plan)).not.toThrow();
    const parts = ['snapshot', 'stop', 'data', 'start', 'reattach'];
    for (const [index, part] of parts.entries()) {
      const earlier = parts[index - 1];
      if (earlier === undefined) continue;
      for (const host of ['node-1', 'node-2', 'node-3']) {
        const known = before(plan, `restore/${part}@${host}`);
        for (const other of ['node-1', 'node-2', 'node-3']) expect(known).toContain(`restore/${earlier}@${other}`);
      }
    }
    expect(before(plan, 'restore/start@node-1')).not.toContain('connect/host@node-4');
    expect(before(plan, 'restore/finish@node-2')).toContain('verification/cluster@node-1');
    expect(stepsOf(plan).some((step) => step.id.startsWith('kubernetes/'))).toBe(false);
  });

  test('anew: no old control plane is left when the first one starts with the snapshot; workers report after it', () => {
    const plan = planOf('rebuild');
    expect(() => validatePlan(plan)).not.toThrow();
    const start = before(plan, 'kubernetes/init@node-1');
    for (const host of ['node-1', 'node-2', 'node-3']) expect(start).toContain(`restore/clear@${host}`);
    expect(start).toContain('restore/snapshot@node-1');
    expect(before(plan, 'restore/reattach@node-4')).toContain('kubernetes/init@node-1');
    expect(before(plan, 'verification/cluster@node-1')).toContain('restore/reattach@node-4');
    expect(before(plan, 'restore/finish@node-1')).toContain('verification/cluster@node-1');
  });
});

describe('how a cluster is restored', () => {
  const connections = (answers: Readonly<Record<string, number | Error>>) => (name: string) =>
    ({
      name,
      async run() {
        const answer = answers[name];
        if (answer instanceof Error) throw answer;
        return { exitCode: answer ?? 0, stdout: '', stderr: '' };
      },
    }) as unknown as HostConnection;

  test('in place where all control planes live, anew where one does not or where that is wanted', async () => {
    expect(await restoreManner(document, connections({}), false)).toBe('in-place');
    expect(await restoreManner(document, connections({ 'node-2': 1 }), false)).toBe('rebuild');
    expect(await restoreManner(document, connections({}), true)).toBe('rebuild');
  });

  test('one that does not answer keeps it from beginning', async () => {
    const answer = restoreManner(document, connections({ 'node-3': new Error('no route') }), true);
    await expect(answer).rejects.toMatchObject({
      code: 'RESTORE_HOSTS',
      message: expect.stringContaining('node-3 (no route)'),
    });
  });
});

test('a control plane takes snapshots from its own member first, then from the next one that answers', () => {
  const planes = document.hosts.filter((host) => host.role === 'control-plane');
  const [first, second] = planes;
  if (first === undefined || second === undefined) throw new Error('there are three');
  expect(memberOrder(planes, first)).toEqual(['node-1=10.0.0.1', 'node-2=10.0.0.2', 'node-3=10.0.0.3']);
  expect(memberOrder(planes, second)).toEqual(['node-2=10.0.0.2', 'node-3=10.0.0.3', 'node-1=10.0.0.1']);
});
