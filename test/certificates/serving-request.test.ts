import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readAsset } from '../../source/assets.ts';
import { servingRequest } from '../../source/certificates/serving-request.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'serving-'));
afterAll(() => rmSync(folder, { recursive: true }));

type Wish = {
  readonly organization?: string;
  readonly commonName: string;
  readonly names: string;
  readonly key?: string;
};

/** A request as openssl makes it, in PEM. */
function request({ organization = 'system:nodes', commonName, names, key = 'EC' }: Wish): string {
  const configuration = path.join(folder, 'request.cnf');
  writeFileSync(
    configuration,
    `[req]\ndistinguished_name=subject\nreq_extensions=extensions\nprompt=no\nstring_mask=default\n[subject]\nO=${organization}\nCN=${commonName}\n[extensions]\nsubjectAltName=${names}\n`,
  );
  const newKey = key === 'EC' ? ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'] : ['rsa:2048'];
  const output = path.join(folder, 'request.pem');
  const words = ['req', '-new', '-sha256', '-nodes', '-newkey', ...newKey, '-keyout', path.join(folder, 'key.pem')];
  execFileSync('openssl', [...words, '-config', configuration, '-out', output], { stdio: 'ignore' });
  return readFileSync(output, 'utf8');
}

const own: Wish = { commonName: 'system:node:node-2', names: 'DNS:node-2,IP:10.77.0.12' };
const usages = '["digital signature","server auth"]';

describe('requests for serving certificates', () => {
  let script = '';
  beforeAll(async () => {
    // The same script, with a kubectl that shows what the test wants and writes down what is approved.
    script = (await readAsset('hosts/approve-serving.sh')).replace(/^PATH=/m, `PATH=${folder}:`);
    const kubectl = path.join(folder, 'kubectl');
    writeFileSync(
      kubectl,
      `#!/bin/sh\ncase "$*" in *approve*) echo "$7" >>${folder}/approved ;; *) cat ${folder}/requests ;; esac\n`,
    );
    chmodSync(kubectl, 0o755);
    const lines = [
      ['node-1', '10.77.0.11'],
      ['node-2', '10.77.0.12'],
      ['node-20', '10.77.0.20'],
    ].map(([name = '', address = '']) => {
      const { before, after } = servingRequest(name, address);
      return `${name} ${before} ${after}\n`;
    });
    writeFileSync(path.join(folder, 'list'), lines.join(''));
  });

  /** Names of the requests that were approved. */
  function approved(
    requests: readonly (readonly [name: string, user: string, pem: string, rest?: string])[],
  ): string[] {
    writeFileSync(path.join(folder, 'approved'), '');
    const lines = requests.map(
      ([name, user, pem, rest = `|${usages}`]) =>
        `${name}|${user}|${Buffer.from(pem).toString('base64')}|${rest.replace(/^\|/, '|')}\n`,
    );
    writeFileSync(path.join(folder, 'requests'), lines.join(''));
    const output = spawnSync('sh', ['-s', path.join(folder, 'list'), '/nowhere'], { input: script, encoding: 'utf8' });
    expect(output.stderr).toBe('');
    expect(output.status).toBe(0);
    return readFileSync(path.join(folder, 'approved'), 'utf8').split('\n').filter(Boolean);
  }

  test("a node's own request is approved, whatever its key and the length of its signature", () => {
    const many = Array.from({ length: 8 }, (_, index) => [`own-${index}`, 'system:node:node-2', request(own)] as const);
    expect(approved(many)).toEqual(many.map(([name]) => name));
  });

  test.each<[string, string, Wish]>([
    ['the name of another node', 'system:node:node-2', { ...own, names: 'DNS:node-1,IP:10.77.0.12' }],
    ['the address of another node', 'system:node:node-2', { ...own, names: 'DNS:node-2,IP:10.77.0.11' }],
    ['one name more', 'system:node:node-2', { ...own, names: 'DNS:node-2,DNS:kubernetes,IP:10.77.0.12' }],
    ['one address more', 'system:node:node-2', { ...own, names: 'DNS:node-2,IP:10.77.0.12,IP:10.96.0.1' }],
    ['another subject', 'system:node:node-2', { ...own, commonName: 'system:node:node-1' }],
    ['a request in the name of another node', 'system:node:node-1', own],
    ['another organization', 'system:node:node-2', { ...own, organization: 'system:masters' }],
    [
      'a name that begins alike',
      'system:node:node-2',
      { commonName: 'system:node:node-20', names: 'DNS:node-20,IP:10.77.0.20' },
    ],
    [
      'a node that is not in the list',
      'system:node:node-3',
      { commonName: 'system:node:node-3', names: 'DNS:node-3,IP:10.77.0.13' },
    ],
    ['a user that is no node', 'node-2', own],
    ['another kind of key', 'system:node:node-2', { ...own, key: 'RSA' }],
  ])('%s is left alone', (_, user, wish) => {
    expect(approved([['forged', user, request(wish)]])).toEqual([]);
  });

  test('what is decided already, is for something else or is no request at all is left alone', () => {
    const pem = request(own);
    const user = 'system:node:node-2';
    expect(
      approved([
        ['denied', user, pem, `Denied|${usages}`],
        ['client', user, pem, '|["digital signature","client auth"]'],
        ['more', user, pem, '|["digital signature","server auth","client auth"]'],
        ['nonsense', user, 'nonsense'],
        ['own', user, pem],
      ]),
    ).toEqual(['own']);
  });
});
