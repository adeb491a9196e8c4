import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { digestOf } from '../../../source/bundle/oci.ts';
import { loginsText } from '../../../source/phases/registry.ts';
import { imageOf, layoutOf, tarOf } from '../../bundle/fixtures/own-images.ts';
import { labHome, landfall, repositoryFile } from '../cluster/landfall.ts';
import { componentDirectory } from '../components/build-go.ts';
import { goComponent } from '../components/recipes.ts';
import { must, until } from '../hosts/command.ts';
import type { Lab } from '../hosts/lab.ts';
import { killHard, newRun, progressOf, reachProgress, seenRuns, startLandfall } from '../support/live-run.ts';
import { onHost, type Stage, standsOn } from './stage.ts';

const storage = '/var/lib/landfall/registry';
const planes = ['node-1', 'node-2', 'node-3'];
const hexOf = (blob: Buffer): string => digestOf(blob).replace('sha256:', '');

/** What a control plane holds of an image: what its tag says, the hashes of these blobs, and what a push left half done. */
function heldOf(lab: Lab, repository: string, tag: string, blobs: readonly Buffer[]): Promise<readonly string[]> {
  const files = blobs.map((blob) => `blobs/sha256/${hexOf(blob).slice(0, 2)}/${hexOf(blob)}/data`);
  const script = `cd ${storage}/docker/registry/v2
cat repositories/${repository}/_manifests/tags/${tag}/current/link; echo
sha256sum ${files.join(' ')} | cut -d' ' -f1
find ${storage} -name '*.part' -o -path '*/incoming/*'`;
  return Promise.all(planes.map((plane) => onHost(lab, plane, script)));
}

/** A registry with a login and a certificate of its own authority, which has nothing to do with the cluster. */
type OtherRegistry = { readonly url: string; readonly authority: string; readonly process: ChildProcess };

const address = '10.77.0.1:5443';

async function serveOther(lab: Lab, folder: string, password: string): Promise<OtherRegistry> {
  const file = (name: string): string => path.join(folder, name);
  await must([
    ...['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
    ...['-subj', '/CN=other', '-addext', 'subjectAltName=IP:10.77.0.1', '-keyout', file('key'), '-out', file('crt')],
  ]);
  writeFileSync(file('users'), await loginsText([{ user: 'reader', password }]));
  const configuration = {
    version: '0.1',
    log: { level: 'error', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: folder } },
    http: { addr: address, tls: { certificate: file('crt'), key: file('key') } },
    auth: { htpasswd: { realm: 'other', path: file('users') } },
  };
  writeFileSync(file('config.yaml'), stringify(configuration));
  const program = path.join(componentDirectory(goComponent('registry')), 'registry');
  const [command = '', ...words] = lab.inside([program, 'serve', file('config.yaml')]);
  const served = spawn(command, words, { stdio: 'ignore', env: { ...process.env, OTEL_TRACES_EXPORTER: 'none' } });
  const answers = async (): Promise<boolean> =>
    (await lab.run(['curl', '--silent', '--insecure', `https://${address}/v2/`])).exitCode === 0;
  try {
    await until('the other registry', 20_000, answers);
  } catch (thrown) {
    served.kill('SIGTERM');
    throw thrown;
  }
  return { url: `https://${address}`, authority: file('crt'), process: served };
}

/** Pushes that are interrupted, and those from another registry. Three control planes. Returns the names that were pushed. */
export function pushProofs(of: () => Pick<Stage, 'lab' | 'cluster' | 'completed'>): () => readonly string[] {
  const pushed: string[] = [];

  test('a push that is killed twice is ended by the same command, and nothing half done is left', async (context) => {
    const { lab, cluster, completed } = of();
    standsOn(context, completed, 'the install');
    const name = 'example.com/team/large:1';
    const { blobs, manifest } = imageOf(randomBytes(48 << 20), 'amd64');
    const file = path.join(lab.directory, 'large.tar');
    writeFileSync(file, await tarOf(layoutOf(blobs, manifest, { 'org.opencontainers.image.ref.name': name })));
    const words = ['registry', 'push', file, '--cluster', cluster, '--yes'];
    const moments: readonly ((run: Awaited<ReturnType<typeof newRun>>) => Promise<unknown>)[] = [
      // The first control plane has some of the bytes.
      (run) =>
        until('bytes arrive', 60_000, async () =>
          run.events().some((event) => event.type === 'step-progress' && event.step.startsWith('registry/push@')),
        ),
      // It has all of them and the name; others do not.
      (run) => reachProgress(run, 5 / 7),
    ];
    for (const moment of moments) {
      const known = seenRuns(lab, cluster);
      const command = startLandfall(lab, words);
      const run = await newRun(lab, cluster, known);
      await moment(run);
      await killHard(run, [command]);
      expect(progressOf(run)).toMatchObject({ over: false });
      expect((await command.ended).exitCode).not.toBe(0);
    }
    const ended = await landfall(lab, words);
    expect(ended.exitCode, ended.stdout + ended.stderr).toBe(0);
    pushed.push(name);
    const whole = `${[digestOf(manifest), ...blobs.map(hexOf)].join('\n')}\n`;
    for (const repository of ['example.com/team/large', 'team/large']) {
      expect(await heldOf(lab, repository, '1', blobs)).toEqual([whole, whole, whole]);
    }
    expect(readdirSync(path.join(labHome(lab), 'clusters', cluster))).not.toContain('push');
  });

  test('an image of another registry, behind TLS and a login, is pushed; a wrong password changes nothing', async (context) => {
    const { lab, cluster, completed } = of();
    standsOn(context, completed, 'the install');
    const folder = path.join(lab.directory, 'other-registry');
    mkdirSync(folder, { recursive: true });
    const { blobs, manifest } = imageOf(randomBytes(1 << 20), 'amd64');
    const files = Object.fromEntries(blobs.map((blob) => [hexOf(blob), blob]));
    const fill = (script: string, input: string | Buffer): void => {
      execFileSync('sh', [repositoryFile('assets/hosts', script), folder], { input });
    };
    fill('registry-import.sh', await tarOf(files));
    const links = [
      ...blobs.map((blob) => `layer team/other ${hexOf(blob)}`),
      `manifest team/other ${hexOf(manifest)}`,
      `tag team/other 1 ${hexOf(manifest)}`,
    ];
    fill('registry-link.sh', `${links.join('\n')}\n`);
    const password = randomBytes(9).toString('hex');
    const other = await serveOther(lab, folder, password);
    try {
      const mirror = path.join(folder, 'mirror.yaml');
      const name = 'registry.example.com/team/other:1';
      writeFileSync(path.join(folder, 'password'), `${password}\n`, { mode: 0o600 });
      writeFileSync(path.join(folder, 'wrong'), 'wrong\n', { mode: 0o600 });
      const push = (passwordFile: string) => {
        const source = { url: other.url, user: 'reader', passwordFile };
        const document = { apiVersion: 'landfall/v1', kind: 'Mirror', registries: { 'registry.example.com': source } };
        writeFileSync(mirror, stringify(document));
        return landfall(lab, ['registry', 'push', name, '--mirror', mirror, '--cluster', cluster, '--yes'], {
          environment: { NODE_EXTRA_CA_CERTS: other.authority },
        });
      };
      const refused = await push('./wrong');
      expect([refused.exitCode, refused.stdout]).toEqual([1, expect.stringContaining('[BUNDLE_LOGIN_REQUIRED]')]);
      const done = await push('./password');
      expect(done.exitCode, done.stdout + done.stderr).toBe(0);
      pushed.push(name);
      const whole = `${[digestOf(manifest), ...blobs.map(hexOf)].join('\n')}\n`;
      expect(await heldOf(lab, 'registry.example.com/team/other', '1', blobs)).toEqual([whole, whole, whole]);
    } finally {
      other.process.kill('SIGTERM');
    }
  });
  return () => pushed;
}
