import { expect, test } from 'vitest';
import { LandfallError } from '../../source/errors.ts';
import { joinFailure } from '../../source/phases/join-failure.ts';

const failed = (output: string, code = 'COMMAND_FAILED'): LandfallError =>
  new LandfallError({ code, message: 'kubeadm join failed on node-2 with exit code 1.', context: { output } });

test.each([
  'error: error execution phase kubelet-start: cannot get Node "node-2": Unauthorized',
  'etcdserver: leader changed',
  'etcdserver: re-configuration failed due to not enough started members',
])('a join is tried again when the cluster was in trouble for a moment: %s', (output) => {
  expect(joinFailure(failed(output))).toMatchObject({ code: 'COMMAND_FAILED', transient: true, context: { output } });
});

test('what will not pass is said at once, and other errors stay what they are', () => {
  const missing = failed('[ERROR FileAvailable--etc-kubernetes-kubelet.conf]: already exists');
  expect(joinFailure(missing)).toMatchObject({ transient: false });
  expect(joinFailure(failed('Unauthorized', 'DISK_FULL'))).toMatchObject({ code: 'DISK_FULL', transient: false });
  expect(joinFailure(new Error('lost')).code).toBe('UNEXPECTED');
});
