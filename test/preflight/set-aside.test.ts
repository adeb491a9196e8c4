import { expect, test } from 'vitest';
import { setAsideIds } from '../../source/preflight/accept.ts';
import { allChecks } from '../../source/preflight/all-checks.ts';

test('only what Landfall can put aside may be named, and the message says what that is', () => {
  expect([...setAsideIds(['runtime-containerd', 'leftover-containerd-data'])]).toHaveLength(2);
  expect(() => setAsideIds(['runtime-containrd'])).toThrow('There is no check named runtime-containrd');
  expect(() => setAsideIds(['leftover-devices'])).toThrow('cannot be set aside');
});

test('nothing that somebody may be using is mended by --fix alone', () => {
  const onConsent = allChecks.filter(({ mended }) => mended === 'on-consent').map(({ id }) => id);
  expect(onConsent).toEqual([
    'runtime-docker',
    'runtime-containerd',
    'runtime-crio',
    'leftover-kubelet-unit',
    'leftover-etcd-unit',
    'leftover-containerd-data',
  ]);
});
