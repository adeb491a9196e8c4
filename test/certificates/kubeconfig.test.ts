import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { kubeconfig } from '../../source/certificates/kubeconfig.ts';

const content = {
  cluster: 'office',
  user: 'kubernetes-admin',
  server: 'https://127.0.0.1:7443',
  authorities: 'AUTHORITY\n',
  client: { certificate: 'CERTIFICATE\n', key: 'KEY\n' },
};
const base64 = (text: string) => Buffer.from(text).toString('base64');

test('a kubeconfig from nothing has the server, the names and the credentials that were given', () => {
  expect(parse(kubeconfig(undefined, content))).toEqual({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'office',
        cluster: { 'certificate-authority-data': base64('AUTHORITY\n'), server: 'https://127.0.0.1:7443' },
      },
    ],
    contexts: [{ name: 'kubernetes-admin@office', context: { cluster: 'office', user: 'kubernetes-admin' } }],
    'current-context': 'kubernetes-admin@office',
    users: [
      {
        name: 'kubernetes-admin',
        user: { 'client-certificate-data': base64('CERTIFICATE\n'), 'client-key-data': base64('KEY\n') },
      },
    ],
  });
});

test('server and names of the file that is there stay, and nothing of its credentials does', () => {
  const old = kubeconfig(undefined, {
    ...content,
    server: 'https://10.0.0.1:6443',
    cluster: 'kubernetes',
    client: { certificate: 'OLD\n', key: 'OLD KEY\n' },
  });
  const text = kubeconfig(old, { ...content, client: '/var/lib/kubelet/pki/kubelet-client-current.pem' });
  expect(text.split('\n')).toContain('    server: https://10.0.0.1:6443');
  expect(text).toContain('cluster: kubernetes');
  expect(text).toContain('client-key: /var/lib/kubelet/pki/kubelet-client-current.pem');
  expect(text).not.toContain(base64('OLD KEY\n'));
});

test.each(['', 'no: [yaml', '[]', 'clusters: 3'])('a damaged file is made anew: %j', (damaged) => {
  expect(kubeconfig(damaged, content)).toBe(kubeconfig(undefined, content));
});
