import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { labHome } from '../cluster/landfall.ts';
import type { Lab } from '../hosts/lab.ts';
import { type KnownSecret, knownSecrets, secretsIn } from '../support/secrets.ts';
import { onHost, type Stage, standsOn } from './stage.ts';

function quoted(secrets: readonly KnownSecret[]): string {
  return secrets.map(({ value }) => `${value}\n`).join('');
}

/** Files among which a host's user without any rights finds a secret. Such a user sees what "world-readable" means. */
function readableByAll(lab: Lab, host: string, secrets: readonly KnownSecret[]): Promise<string> {
  return onHost(
    lab,
    host,
    `cd /
setpriv --reuid=65534 --regid=65534 --clear-groups grep -raslF -f - --exclude-dir=proc --exclude-dir=sys --exclude-dir=dev / <<'END_OF_SECRETS' || [ $? -le 2 ]
${quoted(secrets)}END_OF_SECRETS
`,
  );
}

/** Logs of a host in which a secret is, and the journal. */
function inLogs(lab: Lab, host: string, secrets: readonly KnownSecret[]): Promise<string> {
  return onHost(
    lab,
    host,
    `patterns=$(mktemp -p /dev/shm); chmod 600 $patterns; trap 'rm -f $patterns' EXIT
cat >$patterns <<'END_OF_SECRETS'
${quoted(secrets)}END_OF_SECRETS
grep -raslF -f $patterns /var/log || :
journalctl --no-pager -o cat --all | grep -aF -f $patterns | sed 's/^/journal: /' || :
`,
  );
}

export function secrecyProofs(of: () => Stage): void {
  const secretsOf = (stage: Stage) => knownSecrets(stage.lab, stage.cluster);

  test('the secrets that are looked for are the ones in use', (context) => {
    const stage = of();
    standsOn(context, stage.completed, 'the install');
    const names = secretsOf(stage).map(({ name }) => name);
    for (const name of [
      'password of the registry',
      'secret part of the bootstrap token',
      'password of mariadb',
      'password of valkey',
      'sudo password of the operator',
    ]) {
      expect(names).toContain(name);
    }
    expect(names.filter((name) => name.startsWith('key ')).length).toBeGreaterThan(3);
    for (const { name, value } of secretsOf(stage)) expect(value.length, name).toBeGreaterThan(11);
    // The search itself finds them where they are.
    const file = path.join(labHome(stage.lab), 'clusters', stage.cluster, 'secrets.json');
    expect(secretsIn(readFileSync(file, 'utf8'), secretsOf(stage)).length).toBeGreaterThan(3);
  });

  test('no process of the operator or of a host ever had one in its arguments or environment', async (context) => {
    const stage = of();
    standsOn(context, stage.completed, 'the install');
    await stage.sampler.stop();
    const counts = stage.sampler.counts();
    console.log(`processes looked at ${counts.rounds} times, ${counts.texts} distinct arguments and variables`);
    expect(counts.rounds).toBeGreaterThan(200);
    expect(stage.sampler.find([{ name: 'kubeadm', value: 'kubeadm join --config' }])).not.toEqual([]);
    expect(stage.sampler.find(secretsOf(stage))).toEqual([]);
  });

  test('none is in the records of the runs, and others cannot read those', (context) => {
    const stage = of();
    standsOn(context, stage.completed, 'the install');
    const folder = path.join(labHome(stage.lab), 'clusters', stage.cluster);
    const runs = path.join(folder, 'runs');
    for (const name of readdirSync(runs, { recursive: true, encoding: 'utf8' })) {
      const file = path.join(runs, name);
      if (statSync(file).isDirectory()) continue;
      expect(secretsIn(readFileSync(file, 'utf8'), secretsOf(stage)), name).toEqual([]);
    }
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      const { mode } = statSync(path.join(folder, name));
      expect(mode & 0o077, name).toBe(0);
    }
  });

  test('none is in logs of hosts or in files that everybody can read', async (context) => {
    const stage = of();
    standsOn(context, stage.completed, 'the install');
    const secrets = secretsOf(stage);
    for (const { name } of stage.lab.hosts) {
      expect(await inLogs(stage.lab, name, secrets), `logs of ${name}`).toBe('');
      expect(await readableByAll(stage.lab, name, secrets), `files of ${name}`).toBe('');
    }
    // The same search finds a word that is in such a file.
    const marker = [{ name: 'marker', value: 'node-1-can-be-found' }];
    await onHost(stage.lab, 'node-1', 'echo a node-1-can-be-found z >/usr/local/share/marker');
    try {
      expect(await readableByAll(stage.lab, 'node-1', marker)).toBe('/usr/local/share/marker\n');
    } finally {
      await onHost(stage.lab, 'node-1', 'rm /usr/local/share/marker');
    }
  });
}
