import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { expect, test } from 'vitest';

const guard = path.resolve('source/presenters/terminal/terminal-guard.ts');

function runWith(body: string): { readonly stdout: string; readonly status: number | null } {
  const program = `
    import { guardTerminal } from ${JSON.stringify(guard)};
    const guard = guardTerminal({
      output: process.stdout,
      input: { setRawMode: (mode) => process.stdout.write(mode ? '' : '<raw off>') },
      onCrash: (thrown) => { process.stdout.write('<crash ' + thrown.message + '>'); process.exit(70); },
      onSignal: (signal) => { process.stdout.write('<' + signal + '>'); process.exit(71); },
    });
    process.stdout.write('\\u001b[?1049h');
    ${body}`;
  return spawnSync(process.execPath, ['--input-type=module-typescript', '-e', program], { encoding: 'utf8' });
}

test.each([
  [
    'an exception',
    'setTimeout(() => { throw new Error("boom"); }, 5); setTimeout(() => {}, 5000);',
    70,
    '<crash boom>',
  ],
  ['a rejection', 'Promise.reject(new Error("lost")); setTimeout(() => {}, 5000);', 70, '<crash lost>'],
  [
    'SIGTERM',
    'setTimeout(() => process.kill(process.pid, "SIGTERM"), 5); setTimeout(() => {}, 5000);',
    71,
    '<SIGTERM>',
  ],
  ['SIGHUP', 'setTimeout(() => process.kill(process.pid, "SIGHUP"), 5); setTimeout(() => {}, 5000);', 71, '<SIGHUP>'],
  ['process.exit', 'process.exit(3);', 3, ''],
])('the terminal is given back after %s', (_, body, status, said) => {
  const result = runWith(body);
  expect(result.status).toBe(status);
  expect(result.stdout).toContain('\u001b[?1049l');
  expect(result.stdout).toContain('\u001b[?25h');
  expect(result.stdout).toContain('<raw off>');
  expect(result.stdout).toContain(said);
  expect(result.stdout.split('\u001b[?1049l')).toHaveLength(2);
});
