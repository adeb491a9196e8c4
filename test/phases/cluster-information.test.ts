import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { withAuthorities } from '../../source/phases/cluster-information.ts';

const text = `apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: b2xk
    server: https://127.0.0.1:7443
  name: ""
contexts: null
current-context: ""
kind: Config
users: null
`;

test('what is told of the cluster gets other authorities and keeps the rest', () => {
  const changed = withAuthorities(text, 'new') ?? '';
  expect(parse(changed)).toEqual({
    apiVersion: 'v1',
    clusters: [{ cluster: { 'certificate-authority-data': 'bmV3', server: 'https://127.0.0.1:7443' }, name: '' }],
    contexts: null,
    'current-context': '',
    kind: 'Config',
    users: null,
  });
  expect(withAuthorities(changed, 'new')).toBeUndefined();
});
