import { expect, test } from 'vitest';
import { LandfallError, toLandfallError } from '../source/errors.ts';

test('context that is already known is kept when more is added', () => {
  const error = new LandfallError({ code: 'X', message: 'x', fix: 'y', context: { host: 'a' } });
  const wider = error.within({ host: 'b', step: 's' });
  expect(wider.context).toEqual({ host: 'a', step: 's' });
  expect(wider.fix).toBe('y');
});

test('a foreign error keeps its message and becomes the cause', () => {
  const original = new Error('boom');
  const error = toLandfallError(original, { host: 'a' });
  expect(error.message).toBe('boom');
  expect(error.cause).toBe(original);
  expect(error.context.host).toBe('a');
});
