import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const asset = path.resolve(import.meta.dirname, '../../assets/hosts/renew-here.sh');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'landfall-renewal-'));
  mkdirSync(path.join(folder, 'programs'));
  mkdirSync(path.join(folder, 'state'));
  // The API of this test is a file that holds the lease: "HOLDER TIME".
  program(
    'kubectl',
    `case " $* " in
  *' create '*) [ ! -e ${folder}/lease ] || exit 1 ;;
  *' get lease '*) echo "7 $(sed 's/.* //' ${folder}/lease) $(sed 's/ .*//' ${folder}/lease)"; exit 0 ;;
  *' replace '*) ;;
  *' delete lease '*)
    if [ -e ${folder}/away ]; then rm ${folder}/away; exit 1; fi
    rm -f ${folder}/lease; exit 0 ;;
  *) exit 0 ;;
esac
sed 's/.*holderIdentity":"\\([^"]*\\)","renewTime":"\\([^"]*\\)".*/\\1 \\2/' >${folder}/lease`,
  );
  program(
    'kubeadm',
    `echo '{"certificates":[{"name":"a","residualTime":1000,"missing":false}],"certificateAuthorities":[]}'`,
  );
  program('systemd-run', `echo done >${folder}/state/result`);
  program('sleep', ':');
  writeFileSync(path.join(folder, 'settings'), 'below 2000\nplane node-2 10.0.0.2\nplane node-1 10.0.0.1\n');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function program(name: string, text: string): void {
  const file = path.join(folder, 'programs', name);
  writeFileSync(file, `#!/bin/sh\n${text}\n`);
  chmodSync(file, 0o755);
}

/** Runs the script of node-2 with the programs of this test. */
function renew(): string {
  const script = readFileSync(asset, 'utf8')
    .replace('PATH=/usr/local/sbin:', `PATH=${folder}/programs:`)
    .replace('base=/var/lib/landfall/certificates', `base=${folder}/state`);
  return execFileSync('sh', ['-s', path.join(folder, 'settings')], { input: script, encoding: 'utf8' }).trim();
}

const lease = (holder: string, minutesAgo: number): void =>
  writeFileSync(path.join(folder, 'lease'), `${holder} ${new Date(Date.now() - minutesAgo * 60_000).toISOString()}\n`);
const isHeld = (): boolean => existsSync(path.join(folder, 'lease'));

test('a control plane whose certificates end soon renews them and gives the lease back', () => {
  expect(renew()).toBe('renewed with 1000 seconds left: done');
  expect(isHeld()).toBe(false);
});

test('one renews at a time; a lease of somebody who lost power is taken over', () => {
  lease('node-1', 5);
  expect(renew()).toBe('another control plane is renewed now; later again');
  expect(isHeld()).toBe(true);
  lease('node-1', 30);
  expect(renew()).toBe('renewed with 1000 seconds left: done');
});

test('its own lease of a try before is no hindrance', () => {
  lease('node-2', 5);
  expect(renew()).toBe('renewed with 1000 seconds left: done');
});

test('the lease is given back also when the API is away for a moment', () => {
  writeFileSync(path.join(folder, 'away'), '');
  expect(renew()).toBe('renewed with 1000 seconds left: done');
  expect(isHeld()).toBe(false);
});
