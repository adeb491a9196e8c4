import { expect, test } from 'vitest';
import { asStep, currentStep } from '../../source/engine/current-step.ts';
import type { StepReporter } from '../../source/engine/step.ts';
import type { HostConnection } from '../../source/hosts/connection.ts';
import { commandText, tellingConnection } from '../../source/runs/telling-connection.ts';

const silent: HostConnection = {
  name: 'a',
  run: async () => ({ exitCode: 0, stdout: '', stderr: '' }),
  check: async () => 'done',
  writeFile: async () => {},
  readFile: async () => undefined,
  upload: async () => {},
  close: async () => {},
};

test('a command is shown as a person would type it', () => {
  expect(commandText('Make folders', 'mkdir -p "$@"', ['/a', '/b'])).toBe('mkdir -p /a /b');
  expect(commandText('Look', 'test -e "$1" && cat "$2"', ['/a'])).toBe('test -e /a && cat "$2"');
  expect(commandText('kubeadm join', 'set -eu\nkubeadm join\n', ['join', '/x'])).toBe('kubeadm join: join /x');
  expect(commandText('Long', `echo ${'x'.repeat(900)}`, []).length).toBeLessThan(410);
});

test('each step hears its own commands, also when several run on one host at once; input is never told', async () => {
  const connection = tellingConnection(silent);
  const step = (heard: string[]): StepReporter => ({
    signal: new AbortController().signal,
    progress() {},
    output() {},
    note() {},
    command: (text) => heard.push(text),
  });
  const first: string[] = [];
  const second: string[] = [];
  const work = async (words: readonly string[]): Promise<void> => {
    for (const word of words) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      await connection.check('Say', 'echo "$1"', [word], { stdin: 'a secret' });
    }
  };
  await Promise.all([asStep(step(first), () => work(['1', '2'])), asStep(step(second), () => work(['x']))]);
  expect(first).toEqual(['echo 1', 'echo 2']);
  expect(second).toEqual(['echo x']);
  expect(currentStep()).toBeUndefined();
  await expect(connection.check('Say', 'true')).resolves.toBe('done');
});
