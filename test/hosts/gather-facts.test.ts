import { expect, test } from 'vitest';
import { gatherFacts, parseFacts } from '../../source/hosts/gather-facts.ts';
import { LocalConnection } from '../../source/hosts/local-connection.ts';

test('the facts of this machine agree with what it says of itself', async () => {
  const connection = new LocalConnection('here');
  const facts = await gatherFacts(connection);
  expect(facts.kernel).toBe((await connection.run('uname -r')).stdout.trim());
  expect(String(facts.processors)).toBe((await connection.run('nproc')).stdout.trim());
  expect(facts.memory).toBeGreaterThan(100e6);
  expect(facts.mounts.find((mount) => mount.path === '/')?.free).toBeGreaterThan(0);
  expect(Math.abs(facts.time - Date.now() / 1000)).toBeLessThan(10);
});

test('an unknown processor is refused by name', () => {
  expect(() => parseFacts('architecture riscv64\n', 'node-1')).toThrow('riscv64');
});
