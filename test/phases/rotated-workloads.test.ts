import { describe, expect, test } from 'vitest';
import { isRolledOut, namespacesWithRights, usesApi, type Workload } from '../../source/phases/rotated-workloads.ts';

function workload(kind: string, spec: object, status: object = {}, pod: object = {}): Workload {
  return {
    kind,
    metadata: { name: 'one', namespace: 'default', generation: 3 },
    spec: { ...spec, template: { spec: pod } },
    status: { observedGeneration: 3, ...status },
  };
}

describe('workloads that talk to the API', () => {
  test.each([
    [{}, false],
    [{ serviceAccountName: 'default' }, false],
    [{ serviceAccountName: 'operator' }, true],
    [{ serviceAccountName: 'operator', automountServiceAccountToken: false }, false],
  ])('%j: %s', (pod, uses) => expect(usesApi(workload('Deployment', {}, {}, pod), new Set(['other']))).toBe(uses));

  test('the default account counts where it was given rights', () => {
    const withRights = namespacesWithRights([
      { metadata: { namespace: 'here' }, subjects: [{ kind: 'ServiceAccount', name: 'default' }] },
      { metadata: {}, subjects: [{ kind: 'ServiceAccount', name: 'default', namespace: 'default' }] },
      { metadata: {}, subjects: [{ kind: 'Group', name: 'system:serviceaccounts:group' }] },
      // Every cluster has this one; what it allows is to read who issues tokens.
      { metadata: {}, subjects: [{ kind: 'Group', name: 'system:serviceaccounts' }] },
      { metadata: { namespace: 'not' }, subjects: [{ kind: 'ServiceAccount', name: 'operator' }] },
      { metadata: { namespace: 'none' } },
    ]);
    expect([...withRights]).toEqual(['here', 'default', 'group']);
    expect(usesApi(workload('Deployment', {}), withRights)).toBe(true);
    expect(usesApi(workload('Deployment', {}, {}, { automountServiceAccountToken: false }), withRights)).toBe(false);
  });
});

describe('rolled out', () => {
  test.each<[string, Workload, boolean]>([
    [
      'a deployment',
      workload('Deployment', { replicas: 2 }, { updatedReplicas: 2, readyReplicas: 2, replicas: 2 }),
      true,
    ],
    [
      'one pod is old',
      workload('Deployment', { replicas: 2 }, { updatedReplicas: 1, readyReplicas: 2, replicas: 2 }),
      false,
    ],
    [
      'an old pod is still there',
      workload('Deployment', { replicas: 2 }, { updatedReplicas: 2, readyReplicas: 3, replicas: 3 }),
      false,
    ],
    [
      'not seen yet',
      workload(
        'Deployment',
        { replicas: 1 },
        { observedGeneration: 2, updatedReplicas: 1, readyReplicas: 1, replicas: 1 },
      ),
      false,
    ],
    ['scaled to nothing', workload('StatefulSet', { replicas: 0 }), true],
    ['not ready', workload('StatefulSet', { replicas: 1 }, { updatedReplicas: 1, replicas: 1 }), false],
    [
      'a daemon set',
      workload('DaemonSet', {}, { desiredNumberScheduled: 3, updatedNumberScheduled: 3, numberReady: 3 }),
      true,
    ],
    [
      'on one node old',
      workload('DaemonSet', {}, { desiredNumberScheduled: 3, updatedNumberScheduled: 2, numberReady: 3 }),
      false,
    ],
  ])('%s: %#', (_, one, done) => expect(isRolledOut(one)).toBe(done));
});
