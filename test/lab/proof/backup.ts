import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { landfall } from '../cluster/landfall.ts';
import { kubectl, onHost, type Stage, standsOn } from './stage.ts';

type Status = {
  readonly health: string;
  readonly hosts: readonly {
    readonly name: string;
    readonly reachable: boolean;
    readonly loss: { readonly verdict: string; readonly reasons: readonly string[] };
    readonly etcd?: { readonly healthy: boolean; readonly leader: boolean; readonly databaseSize: number };
  }[];
  readonly etcd: { readonly voters: number; readonly spare: number };
  readonly snapshots: { readonly hosts: readonly string[] };
  readonly lastBackup?: number;
};

const planes = ['node-1', 'node-2', 'node-3'];

export function statusProofs(of: () => Stage): void {
  const status = async (): Promise<{ readonly code: number | null; readonly state: Status }> => {
    const { lab, cluster } = of();
    const output = await landfall(lab, ['status', cluster, '--output', 'json']);
    return { code: output.exitCode, state: JSON.parse(output.stdout) as Status };
  };

  test('status names what each machine would take with it, and etcd speaks for itself', async (context) => {
    standsOn(context, of().completed, 'the install');
    const { code, state } = await status();
    expect(code).toBe(0);
    expect(state).toMatchObject({ health: 'well', etcd: { voters: 3, spare: 1 } });
    expect(state.hosts.filter((host) => host.etcd?.leader).length).toBe(1);
    for (const host of state.hosts.slice(0, 3)) {
      expect(host.etcd?.healthy, host.name).toBe(true);
      expect(host.etcd?.databaseSize, host.name).toBeGreaterThan(100_000);
    }
    // The databases of the lab's applications have one replica each, on a disk of some node.
    const reasons = state.hosts.flatMap((host) => host.loss.reasons);
    expect(reasons).toContain('applications/mariadb has its data here only');
  });

  test('a cut control plane is named, status does not wait for it, and says that no other may go', async (context) => {
    const { lab, completed } = of();
    standsOn(context, completed, 'the install');
    await lab.cut('node-3');
    try {
      const begun = Date.now();
      const { code, state } = await status();
      // Two seconds for the dead host; the rest is room for a busy machine.
      expect(Date.now() - begun).toBeLessThan(15_000);
      expect(code).toBe(1);
      expect(state.health).toBe('attention');
      expect(state.hosts.filter((host) => !host.reachable).map((host) => host.name)).toEqual(['node-3']);
      for (const host of state.hosts.slice(0, 2)) {
        expect(host.loss.reasons, host.name).toContain('etcd would have no majority');
      }
    } finally {
      await lab.mend('node-3');
    }
    await expect.poll(async () => (await status()).code, { timeout: 90_000, interval: 3000 }).toBe(0);
  });
}

export function backupProofs(of: () => Stage): void {
  test('snapshots are taken by a timer, verified, for root only, and only so many are kept', async (context) => {
    const { lab, completed } = of();
    standsOn(context, completed, 'the install');
    const folder = '/var/lib/landfall/snapshots';
    for (const plane of planes) {
      const timer = await onHost(lab, plane, 'systemctl is-active landfall-snapshot.timer');
      expect(timer.trim(), plane).toBe('active');
    }
    // Made to look like many older ones: what is kept is counted, not timed.
    const fill = `umask 077; cd ${folder} && for hour in 00 01 02 03 04 05 06 07 08 09; do touch node-2-20200101T\${hour}0000Z.db; done; systemctl start landfall-snapshot`;
    await onHost(lab, 'node-2', fill);
    const names = (await onHost(lab, 'node-2', `ls ${folder}; stat -c %a ${folder} ${folder}/*.db | sort -u`)).trim();
    const lines = names.split('\n');
    expect(lines.filter((line) => /^node-2-\d{8}T\d{6}Z\.db$/.test(line)).length).toBe(8);
    expect(lines.filter((line) => /^node-3-\d{8}T\d{6}Z\.db$/.test(line)).length).toBeGreaterThan(0);
    expect(lines.slice(-2)).toEqual(['600', '700']);
    await onHost(lab, 'node-2', `rm -f ${folder}/*-20200101T*`);
  });

  test('a backup is one file that shows nothing; a wrong passphrase and a changed byte change nothing', async (context) => {
    const { lab, cluster, completed } = of();
    standsOn(context, completed, 'the install');
    const secret = (name: string, text: string): string => {
      const file = path.join(lab.directory, name);
      writeFileSync(file, text, { mode: 0o600 });
      return file;
    };
    const right = secret('passphrase', 'correct horse battery\n');
    const file = path.join(lab.directory, 'demo.backup');
    await kubectl(lab, 'create configmap kept --from-literal=word=before');
    const made = await landfall(lab, ['backup', cluster, '--output', file, '--passphrase-file', right]);
    expect(made.exitCode, made.stdout + made.stderr).toBe(0);
    const before = await kubectl(lab, 'get configmap kept -o jsonpath={.metadata.resourceVersion}');
    const wrong = await landfall(lab, [
      ...['restore', file, '--yes'],
      ...['--passphrase-file', secret('wrong', 'wrong horse battery\n')],
    ]);
    expect(wrong.exitCode).toBe(2);
    expect(wrong.stderr).toContain('[BACKUP_PASSPHRASE]');
    const damaged = path.join(lab.directory, 'damaged.backup');
    const bytes = readFileSync(file);
    const middle = Math.floor(bytes.length / 2);
    bytes.writeUInt8(bytes.readUInt8(middle) ^ 1, middle);
    writeFileSync(damaged, bytes, { mode: 0o600 });
    const refused = await landfall(lab, ['restore', damaged, '--yes', '--passphrase-file', right]);
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toContain('[BACKUP_DAMAGED]');
    expect(await kubectl(lab, 'get configmap kept -o jsonpath={.metadata.resourceVersion}')).toBe(before);
    await kubectl(lab, 'delete configmap kept');
  });
}
