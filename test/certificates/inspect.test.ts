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
  });
});
