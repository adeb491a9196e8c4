import { createHash } from 'node:crypto';
import { copyFileSync, linkSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { labHome, landfall } from '../cluster/landfall.ts';
import { differences, snapshotHost } from '../support/host-snapshot.ts';
import { seenRuns } from '../support/live-run.ts';
import { apply, applyArguments, changeLogin, onHost, type Stage, smallDisk } from './stage.ts';

type Descriptor = { readonly digest: string; readonly size: number; readonly annotations?: Record<string, string> };

const blobFile = (bundle: string, digest: string): string => path.join(bundle, 'blobs', 'sha256', digest.slice(7));

/** The largest layer of an image of a bundle. */
function largestLayer(bundle: string, image: string): string {
  const read = <Content>(file: string): Content => JSON.parse(readFileSync(file, 'utf8')) as Content;
  const index = read<{ readonly manifests: readonly Descriptor[] }>(path.join(bundle, 'index.json'));
  const found = index.manifests.find((entry) => Object.values(entry.annotations ?? {}).includes(image));
  if (found === undefined) throw new Error(`${image} is not in the bundle`);
  let manifest = read<{ readonly layers?: readonly Descriptor[]; readonly manifests?: readonly Descriptor[] }>(
    blobFile(bundle, found.digest),
  );
  const [first] = manifest.manifests ?? [];
  if (first !== undefined) manifest = read(blobFile(bundle, first.digest));
  const [layer] = (manifest.layers ?? []).toSorted((left, right) => right.size - left.size);
  if (layer === undefined) throw new Error(`${image} has no layers`);
  return layer.digest;
}

/** Replaces a blob of the copy by one of its own, and returns what links the lab's own blob again. */
function ownBlob(stage: Stage, digest: string, damage: (file: string) => void): () => void {
  const file = blobFile(stage.copy, digest);
  rmSync(file);
  copyFileSync(blobFile(stage.bundle, digest), file);
  damage(file);
  return () => {
    rmSync(file);
    try {
      linkSync(blobFile(stage.bundle, digest), file);
    } catch {
      copyFileSync(blobFile(stage.bundle, digest), file);
    }
  };
}

export function dryRunProof(of: () => Stage): void {
  test('a dry run shows the plan of each host and changes nothing, on hosts and here', async () => {
    const stage = of();
    const looked = ['node-2', 'node-5'];
    const { lab } = stage;
    const before = await Promise.all(looked.map((host) => snapshotHost(lab, host)));
    const output = await landfall(lab, [...applyArguments(stage), '--dry-run']);
    const after = await Promise.all(looked.map((host) => snapshotHost(lab, host)));
    expect(output.stderr).toBe('');
    expect(output.exitCode).toBe(0);
    for (const [index, snapshot] of before.entries()) {
      const now = after[index];
      if (now !== undefined) expect(differences(snapshot, now, { times: true })).toEqual([]);
    }
    for (const host of lab.hosts) {
      const part = output.stdout.split(`${host.name} (${host.address}, `)[1]?.split('\nnode-')[0] ?? '';
      expect(part, `plan of ${host.name}`).toContain('+ Start containerd');
      expect(part).toContain('+ Start the local load balancer');
      expect(part).toContain('= Check the host\n');
    }
    expect(output.stdout).toMatch(/\n\d+ steps to do \(\+\), 12 done already \(=\)\. Nothing was changed\.\n$/);
    expect(() => readdirSync(labHome(lab))).toThrow(/ENOENT/);
  });
}

export function faultProofs(of: () => Stage): void {
  test('a truncated blob is found before any host is touched', async () => {
    const stage = of();
    const digest = largestLayer(stage.copy, 'docker.io/library/nginx:1.22.1');
    const mend = ownBlob(stage, digest, (file) => truncateSync(file, 1000));
    try {
      const output = await apply(stage);
      expect(output.exitCode).toBe(1);
      expect(output.stderr).toContain('BUNDLE_INCOMPLETE');
      expect(output.stderr).toContain('docker.io/library/nginx:1.22.1');
      expect(output.stderr).toContain('has 1000 of');
      expect(output.stderr).toContain('bundle build');
      expect(seenRuns(stage.lab, stage.cluster)).toEqual([]);
    } finally {
      mend();
    }
  });

  test('a wrong password, a full disk, ports in use and a damaged blob: host, step, cause and fix are named, the others go on', async () => {
    const stage = of();
    const { lab } = stage;
    const wrong = path.join(lab.directory, 'wrong-password');
    writeFileSync(wrong, 'not the "right" one', { mode: 0o600 });
    const digest = largestLayer(stage.copy, 'docker.io/library/nginx:1.22.1');
    const mendBlob = ownBlob(stage, digest, (file) => {
      const content = readFileSync(file);
      const middle = Math.floor(content.length / 2);
      content[middle] = (content[middle] ?? 0) ^ 0xff;
      writeFileSync(file, content);
    });
    const mendLogin = changeLogin(stage.document, 'node-2', { passwordFile: wrong, sudoPasswordFile: wrong });
    const filler = `${smallDisk.path}/filler`;
    // The disk of node-4 keeps 10 MB, and containerd alone needs more.
    await onHost(lab, smallDisk.host, `head -c ${smallDisk.megabytes - 10}M /dev/zero >${filler}`);
    await onHost(
      lab,
      'node-5',
      'systemd-run --quiet --collect --unit=other-program socat TCP-LISTEN:7443,bind=127.0.0.1,fork,reuseaddr EXEC:cat',
    );
    let output: Awaited<ReturnType<typeof apply>>;
    try {
      output = await apply(stage);
    } finally {
      await onHost(lab, 'node-5', 'systemctl stop other-program');
      await onHost(lab, smallDisk.host, `rm ${filler}`);
      mendLogin();
      mendBlob();
    }
    expect(output.exitCode).toBe(1);
    const [run] = seenRuns(lab, stage.cluster);
    const failures = (run?.events() ?? []).flatMap((event) =>
      event.type === 'step-failed' && event.retryIn === undefined ? [event] : [],
    );
    const of4 = (step: string) => failures.find((event) => event.step === step)?.failure;
    expect(failures.map((event) => `${event.step} ${event.failure.code}`).sort()).toEqual([
      'connect/host@node-2 SSH_AUTH',
      'preflight/host@node-4 PREFLIGHT_BLOCKED',
      'preflight/host@node-5 PREFLIGHT_BLOCKED',
      'registry/images@node-1 BUNDLE_CORRUPT',
    ]);
    expect(of4('connect/host@node-2')?.message).toMatch(/^node-2 \(10\.77\.0\.12:22\) refused the login of operator/);
    expect(of4('preflight/host@node-4')?.message).toMatch(
      /^node-4 is not ready: "The bundle fits on the disks" \[bundle-space\] does not hold: \/var\/lib\/landfall 10 MiB; needed: \/var\/lib\/landfall ≥ \d+ MiB\.$/,
    );
    expect(of4('preflight/host@node-5')?.message).toMatch(
      /^node-5 is not ready: "Port of the local load balancer is free" \[port-load-balancer\] does not hold: 7443\/tcp ← socat pid \d+ \(other-program\.service\); needed: 7443\/tcp free\.$/,
    );
    // Found before anything of it was changed.
    for (const host of ['node-4', 'node-5'])
      expect(await onHost(lab, host, 'ls /usr/local/bin /var/lib/landfall')).not.toContain('contain');
    expect(of4('registry/images@node-1')?.message).toContain('docker.io/library/nginx:1.22.1');
    for (const { failure } of failures) expect(failure.fix, failure.code).toMatch(/\w+.*\.$/);
    // What a person sees says the same: host, step, cause, what to do.
    for (const { step, failure } of failures) {
      const host = step.split('@')[1] ?? '';
      const line = output.stdout
        .split('\n')
        .findIndex((text) => text.includes(`!! ${host}: `) && text.includes(`[${failure.code}]`));
      const shown = output.stdout
        .split('\n')
        .slice(line, line + 20)
        .join('\n');
      expect(shown).toMatch(new RegExp(`^\\S+ !! ${host}: .+ failed \\[${failure.code}\\]: `));
      expect(shown).toContain(failure.message);
      expect(shown).toContain(`what to do: ${failure.fix}`);
    }
    // node-3 had no fault: it went as far as it could without the others.
    const finished = new Set(
      run?.events().flatMap((event) => (event.type === 'step-finished' ? [event.step] : [])) ?? [],
    );
    for (const step of ['prepare/kernel', 'containerd/service']) expect([...finished]).toContain(`${step}@node-3`);
    expect(await onHost(lab, 'node-3', 'systemctl is-active containerd')).toBe('active\n');
    // Nobody wrote through the hard links into the lab's own bundle.
    const own = createHash('sha256').update(readFileSync(blobFile(stage.bundle, digest)));
    expect(`sha256:${own.digest('hex')}`).toBe(digest);
  });
}
