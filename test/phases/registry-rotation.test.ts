import { expect, test } from 'vitest';
import { registryStages } from '../../source/cluster/secrets.ts';
import { acceptsLogins, loginsText } from '../../source/phases/registry.ts';
import { loginsAt, remainingStages, type ServerStage } from '../../source/phases/registry-rotation.ts';

const [old, next] = ['the-old-password-1', 'the-new-password-2'];

test('at every stage the registries accept what nodes may still send or send already', () => {
  const servers: readonly ServerStage[] = ['certificate', 'accept', 'replace', 'retire'];
  // What nodes send while a stage of the registries goes on; a stage of the nodes is between its neighbours.
  const sent: Readonly<Record<ServerStage, string>> = {
    certificate: `landfall:${old}`,
    accept: `landfall:${old}`,
    replace: `landfall-next:${next}`,
    retire: `landfall:${next}`,
  };
  const accepted = (stage: ServerStage): readonly string[] =>
    loginsAt(stage, old, next).map(({ user, password }) => `${user}:${password}`);
  for (const [index, stage] of servers.entries()) {
    expect(accepted(stage)).toContain(sent[stage]);
    const before = servers[index - 1];
    const after = servers[index + 1];
    // Registries change one after the other, so what is sent is good before and after.
    if (before !== undefined) expect(accepted(before)).toContain(sent[stage]);
    if (after !== undefined) expect(accepted(stage)).toContain(sent[after]);
  }
  expect(accepted('retire')).toEqual([`landfall:${next}`]);
});

test('a rotation goes on at the stage that hosts may have come to', () => {
  expect(remainingStages(undefined)).toEqual(registryStages);
  const current = { password: next, since: 0, stage: 'settle' as const };
  expect(remainingStages(current)).toEqual(['settle', 'retire']);
});

test('a file of users is known by exactly its logins', async () => {
  const both = loginsAt('accept', old, next);
  const text = await loginsText(both);
  expect(text).not.toContain(old);
  expect(await acceptsLogins(text, both)).toBe(true);
  expect(await acceptsLogins(text, loginsAt('replace', old, next))).toBe(false);
  expect(await acceptsLogins(text, loginsAt('certificate', old, next))).toBe(false);
  expect(await acceptsLogins(undefined, both)).toBe(false);
});
