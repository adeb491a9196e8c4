import { expect, test } from 'vitest';
import { type KubernetesObject, obstacles, workloadReady } from '../../source/applications/workload-state.ts';

const workload = (status: KubernetesObject['status'], generation = 2): KubernetesObject => ({
  kind: 'StatefulSet',
  metadata: { name: 'shop', generation },
  spec: { replicas: 1 },
  status: status ?? {},
});
const ready = { observedGeneration: 2, replicas: 1, updatedReplicas: 1, readyReplicas: 1 };
const pod = (status: KubernetesObject['status']): KubernetesObject => ({
  kind: 'Pod',
  metadata: { name: 'shop-0' },
  spec: {},
  status: status ?? {},
});

test('ready means every replica of the newest form, as the controller itself saw it', () => {
  expect(workloadReady(workload(ready))).toBe(true);
  expect(workloadReady(workload({ ...ready, observedGeneration: 1 }))).toBe(false);
  expect(workloadReady(workload({ ...ready, updatedReplicas: 0 }))).toBe(false);
  expect(workloadReady(workload({ ...ready, replicas: 2 }))).toBe(false);
  expect(workloadReady(workload(undefined))).toBe(false);
});

test('no workload at all is not ready', () => {
  expect(obstacles([])).toEqual([{ kind: 'starting', text: 'there is no workload yet' }]);
  expect(obstacles([workload(ready)])).toEqual([]);
});

test.each([
  [
    'no-room',
    {
      phase: 'Pending',
      conditions: [
        { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/3 nodes: Insufficient memory.' },
      ],
    },
    'shop-0 finds no node: 0/3 nodes: Insufficient memory.',
  ],
  [
    'image',
    {
      containerStatuses: [
        { name: 'c', restartCount: 0, state: { waiting: { reason: 'ImagePullBackOff', message: 'back-off x\nmore' } } },
      ],
    },
    'shop-0: ImagePullBackOff back-off x',
  ],
  [
    'crash',
    { initContainerStatuses: [{ name: 'c', restartCount: 3, state: { waiting: { reason: 'CrashLoopBackOff' } } }] },
    'shop-0: CrashLoopBackOff',
  ],
  ['starting', { phase: 'Pending' }, 'shop-0 is starting'],
] as const)('a pod says why it does not run: %s', (kind, status, text) => {
  expect(obstacles([workload({}), pod(status)])).toEqual([{ kind, text }]);
});
