import { expect, test } from 'vitest';
import { parseClusterDocument } from '../../source/cluster/load-document.ts';
import { LandfallError } from '../../source/errors.ts';

const head = 'apiVersion: landfall/v1\nkind: Cluster\nmetadata: {name: demo}\nspec:\n';
const hosts = (planes: number, workers = 0): string =>
  `  hosts:\n${Array.from({ length: planes + workers }, (_, index) => `    - {name: node-${index + 1}, address: 10.77.0.${index + 11}, role: ${index < planes ? 'control-plane' : 'worker'}}\n`).join('')}`;

function problems(text: string): readonly string[] {
  try {
    parseClusterDocument('cluster.yaml', text);
  } catch (error) {
    if (error instanceof LandfallError) {
      expect(error.exitStatus).toBe(2);
      return error.message.split('\n');
    }
    throw error;
  }
  return [];
}

test('defaults are filled in and settings of a host go before the common ones', () => {
  const document = parseClusterDocument(
    '/etc/x/cluster.yaml',
    `${head}  ssh: {user: ops, keyFile: keys/id}\n  hosts:\n    - {name: a, address: 10.77.0.11, role: control-plane, ssh: {port: 2222}}\n`,
  );
  expect(document.hosts[0]).toEqual({
    name: 'a',
    address: '10.77.0.11',
    role: 'control-plane',
    connection: 'ssh',
    ssh: { user: 'ops', port: 2222, keyFile: '/etc/x/keys/id' },
  });
  expect(document.certificates.validityDays).toBe(36_500);
  expect(document.network.podCidr).toBe('10.244.0.0/16');
});

test('an unknown key is named at its place, with what was meant', () => {
  expect(problems(`${head}${hosts(1)}  netwrk: {}\n`)).toEqual([
    'cluster.yaml:7:3: unknown key "netwrk"; did you mean "network"?',
  ]);
});

test('a password in the document is refused with the way to give it', () => {
  expect(problems(`${head}  ssh: {password: x}\n${hosts(1)}`)[0]).toContain(
    'cluster.yaml:5:9: unknown key "password"; secrets do not belong',
  );
});

test('every problem is told at once', () => {
  const text = `${head}  hosts:\n    - {name: Bad_Name, address: 10.77.0, role: control-plane}\n`;
  const found = problems(text);
  expect(found).toHaveLength(2);
  expect(found[0]).toMatch(/^cluster\.yaml:6:14: name: /);
  expect(found[1]).toMatch(/^cluster\.yaml:6:33: address: must be an IPv4 address/);
});

test.each([2, 4])('%i control planes are refused with the reason', (count) => {
  expect(problems(head + hosts(count))[0]).toContain(`survive no more failures than ${count - 1}`);
});

test('names and addresses are used once', () => {
  const text = `${head}  hosts:\n    - {name: a, address: 10.77.0.11, role: control-plane}\n    - {name: a, address: 10.77.0.11, role: worker}\n`;
  expect(problems(text)).toHaveLength(2);
});

test.each([
  ['network: {podCidr: 10.96.0.0/12}', 'overlap'],
  ['network: {podCidr: 10.77.0.0/16}', "lies in the cluster's own podCidr"],
  ['registry: {port: 6443}', 'belongs to the Kubernetes API'],
  ['registry: {port: 7443}', "is also the load balancer's"],
  ['network: {podCidr: 10.244.0.0/25}', 'no room'],
])('%s is refused', (line, words) => {
  expect(problems(`${head}${hosts(3)}  ${line}\n`).join('\n')).toContain(words);
});

test('YAML that cannot be read is refused at its line', () => {
  expect(problems('a: b\na: c\n')[0]).toMatch(/^cluster\.yaml:2:1: .*unique/);
});
