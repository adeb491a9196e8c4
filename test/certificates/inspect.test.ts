import { expect, test } from 'vitest';
import { inspectCertificates } from '../../source/certificates/inspect.ts';
import { issueAuthority, issueLeaf } from '../../source/certificates/issue.ts';

const line = (path: string, pem: string): string => `${path} ${Buffer.from(pem).toString('base64')}\n`;

test('life and chain of certificates, also over hosts', async () => {
  const long = { days: 36_500, rsaBits: 2048 } as const;
  const authority = await issueAuthority({ commonName: 'kubernetes' }, long);
  const other = await issueAuthority({ commonName: 'kubernetes' }, long);
  const request = { commonName: 'node', usages: ['client'], names: [] } as const;
  const good = await issueLeaf(authority, request, { days: 10, rsaBits: 2048 });
  const foreign = await issueLeaf(other, request, long);
  const found = inspectCertificates(
    [
      { host: 'node-1', text: line('/ca.crt', authority.certificate) },
      { host: 'node-2', text: line('/good.crt', good.certificate) + line('/foreign.crt', foreign.certificate) },
    ],
    Date.now(),
  );
  expect(
    found.map(({ path, daysLeft, chainValid, isAuthority }) => ({ path, daysLeft, chainValid, isAuthority })),
  ).toEqual([
    { path: '/ca.crt', daysLeft: 36_499, chainValid: true, isAuthority: true },
    { path: '/good.crt', daysLeft: 9, chainValid: true, isAuthority: false },
    { path: '/foreign.crt', daysLeft: 36_499, chainValid: false, isAuthority: false },
  ]);
  expect(
    inspectCertificates([{ host: 'a', text: line('/x', good.certificate) }], Date.now() + 11 * 86_400_000)[0],
  ).toMatchObject({
    daysLeft: -2,
    state: 'expired',
  });
});

test('what a certificate needs is said in one word', async () => {
  const authority = await issueAuthority({ commonName: 'kubernetes' }, { days: 36_500, rsaBits: 2048 });
  const foreign = await issueAuthority({ commonName: 'kubernetes' }, { days: 36_500, rsaBits: 2048 });
  const ended = await issueAuthority({ commonName: 'kubernetes' }, { days: -0.5, rsaBits: 2048 });
  const request = { commonName: 'node', usages: ['server'], names: ['node-1', '10.0.0.1'] } as const;
  const leaf = (by: typeof authority, days: number) => issueLeaf(by, request, { days, rsaBits: 2048 });
  const files = {
    '/good.crt': (await leaf(authority, 365)).certificate,
    '/month.crt': (await leaf(authority, 29)).certificate,
    '/day.crt': (await leaf(authority, 0.9)).certificate,
    '/ended.crt': (await leaf(authority, -0.5)).certificate,
    '/orphan.crt': (await leaf(foreign, 365)).certificate,
    '/two.crt': authority.certificate + ended.certificate,
    '/nonsense.crt': '-----BEGIN CERTIFICATE-----\nbm9uc2Vuc2U=\n-----END CERTIFICATE-----\n',
  };
  const lines = Object.entries(files).map(([name, pem]) => line(name, pem));
  const found = inspectCertificates([{ host: 'node-1', text: `${lines.join('')}/gone.crt missing\n` }], Date.now());
  expect(found.map(({ path, state }) => `${path} ${state}`)).toEqual([
    '/good.crt good',
    '/month.crt good',
    '/day.crt good',
    '/ended.crt expired',
    '/orphan.crt untrusted',
    '/two.crt good',
    '/two.crt expired',
    '/nonsense.crt unreadable',
    '/gone.crt missing',
  ]);
  expect(found[0]?.names).toEqual(['node-1', '10.0.0.1']);
  const later = inspectCertificates([{ host: 'a', text: lines.join('') }], Date.now() + 20 * 86_400_000);
  expect(later.slice(0, 3).map(({ state }) => state)).toEqual(['good', 'soon', 'expired']);
  const past = inspectCertificates([{ host: 'a', text: lines.join('') }], Date.now() - 2 * 86_400_000);
  expect(past[0]?.state).toBe('not-yet-valid');
});
