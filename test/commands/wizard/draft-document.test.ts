import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadClusterDocument, readPasswordFile } from '../../../source/cluster/load-document.ts';
import { draftDocument, writeDraft } from '../../../source/commands/wizard/draft-document.ts';
import type { WizardDraft } from '../../../source/presenters/terminal/services.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'landfall-draft-'));
  process.env['LANDFALL_HOME'] = home;
});
afterEach(() => {
  delete process.env['LANDFALL_HOME'];
  rmSync(home, { recursive: true, force: true });
});

const draft: WizardDraft = {
  name: 'shop',
  bundle: '/srv/bundle',
  login: { method: 'password', user: 'admin', password: 'all-of-them', sudoPassword: 'su-secret' },
  hosts: [
    { address: '10.0.0.11', port: 22, nodeName: 'one', role: 'control-plane' },
    {
      address: '10.0.0.12',
      port: 2222,
      nodeName: 'two',
      role: 'worker',
      login: { method: 'password', user: 'root', password: 'only-two' },
    },
    {
      address: '10.0.0.13',
      port: 22,
      nodeName: 'three',
      role: 'worker',
      login: { method: 'key', user: 'root', keyFile: '/keys/three', passphrase: 'phrase' },
    },
  ],
  balancer: 'haproxy',
  applications: [{ package: 'mariadb', parameters: { storageSize: '5Gi' } }],
  acceptedWarnings: [],
};

test('the document holds no secret, its files do, and reading both gives back what was typed', () => {
  const made = draftDocument(draft);
  for (const secret of ['all-of-them', 'su-secret', 'only-two', 'phrase']) expect(made.text).not.toContain(secret);
  writeDraft(made);
  const read = loadClusterDocument(made.file);
  expect(read).toEqual(made.document);
  const [one, two, three] = read.hosts;
  expect(one?.ssh).toMatchObject({ user: 'admin', port: 22 });
  expect(readPasswordFile(one?.ssh.passwordFile ?? '')).toBe('all-of-them');
  expect(readPasswordFile(one?.ssh.sudoPasswordFile ?? '')).toBe('su-secret');
  expect(two?.ssh).toMatchObject({ user: 'root', port: 2222 });
  expect(readPasswordFile(two?.ssh.passwordFile ?? '')).toBe('only-two');
  expect(three?.ssh.keyFile).toBe('/keys/three');
  expect(statSync(one?.ssh.passwordFile ?? '').mode & 0o077).toBe(0);
  expect(statSync(made.file).mode & 0o077).toBe(0);
  expect(readFileSync(made.file, 'utf8')).toContain('storageSize: 5Gi');
});

test('the load balancer that was chosen is in the document', () => {
  expect(draftDocument(draft).text).not.toContain('loadBalancer');
  const { document, text } = draftDocument({ ...draft, balancer: 'keepalived' });
  expect(text).toContain('driver: keepalived');
  expect(document.loadBalancer).toEqual({ driver: 'keepalived', address: '169.254.97.2', port: 6443 });
});

test('what is done before the files are written needs none of them', () => {
  const { document, unwritten } = draftDocument(draft);
  expect(unwritten.hosts.map(({ ssh }) => [ssh.passwordFile, ssh.sudoPasswordFile])).toEqual(
    draft.hosts.map(() => [undefined, undefined]),
  );
  expect(unwritten.hosts.map(({ name, ssh }) => [name, ssh.user, ssh.port])).toEqual(
    document.hosts.map(({ name, ssh }) => [name, ssh.user, ssh.port]),
  );
});

test('what was typed goes to the run, the passphrase only there', () => {
  expect(draftDocument(draft).secrets).toEqual({
    one: { password: 'all-of-them', sudoPassword: 'su-secret' },
    two: { password: 'only-two' },
    three: { keyPassphrase: 'phrase' },
  });
});

test('what was accepted is in the document by the ids of the checks', () => {
  const accepted = [
    { id: 'swap-off', host: 'one' },
    { id: 'swap-off', host: 'two' },
  ];
  expect(draftDocument({ ...draft, acceptedWarnings: accepted }).document.preflight).toEqual({ accept: ['swap-off'] });
});

test('the networks of the cluster keep away from those the hosts are in', () => {
  const standard = draftDocument(draft).document.network;
  expect(standard.podCidr).toBe('10.244.0.0/16');
  const summary = {
    hostname: 'one',
    system: 'Debian',
    kernel: '6',
    architecture: 'amd64',
    processors: 4,
    memory: 8e9,
    diskFree: 5e10,
    addresses: ['10.244.3.7', '10.96.0.9'],
  };
  const [first, ...others] = draft.hosts;
  if (first === undefined) throw new Error('no host');
  const { network } = draftDocument({ ...draft, hosts: [{ ...first, summary }, ...others] }).document;
  expect(network.podCidr).toBe('172.28.0.0/16');
  expect(network.serviceCidr).toBe('172.29.0.0/16');
});
