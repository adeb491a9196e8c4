import { mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { isRegistryRotating, openClusterSecrets } from '../../source/cluster/secrets.ts';

test('secrets are made once, kept, and private', () => {
  const folder = path.join(mkdtempSync(path.join(tmpdir(), 'landfall-')), 'home');
  const first = openClusterSecrets(folder);
  const password = first.applicationPassword('shop', 'password');
  const second = openClusterSecrets(folder);
  expect(second.registryPassword).toBe(first.registryPassword);
  expect(second.applicationPassword('shop', 'password')).toBe(password);
  expect(second.allValues()).toContain(password);
  expect(statSync(path.join(folder, 'secrets.json')).mode & 0o777).toBe(0o600);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
});

test('a damaged file is not replaced by new secrets', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'landfall-'));
  writeFileSync(path.join(folder, 'secrets.json'), '{');
  expect(() => openClusterSecrets(folder)).toThrow('cannot be read');
});

test('a new password of the registries is kept until it is the cluster’s, and known to the redactor meanwhile', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'landfall-'));
  const first = openClusterSecrets(folder);
  const old = first.registryPassword;
  expect([first.rotation.current(), isRegistryRotating(folder)]).toEqual([undefined, false]);
  const begun = first.rotation.begin();
  first.rotation.note('settle');
  first.rotation.note('accept');

  const second = openClusterSecrets(folder);
  expect(second.rotation.begin()).toEqual({ ...begun, stage: 'settle' });
  expect([second.registryPassword, isRegistryRotating(folder)]).toEqual([old, true]);
  const basic = (user: string): string => Buffer.from(`${user}:${begun.password}`).toString('base64');
  expect(second.allValues()).toEqual(
    expect.arrayContaining([old, begun.password, basic('landfall'), basic('landfall-next')]),
  );
  second.rotation.finish();
  expect(isRegistryRotating(folder)).toBe(false);
  expect(openClusterSecrets(folder).registryPassword).toBe(begun.password);
});
