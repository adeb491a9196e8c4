import { expect, test } from 'vitest';
import { writeClusterDocument } from '../cluster/document.ts';
import { landfall } from '../cluster/landfall.ts';
import type { Lab, LabHost } from '../hosts/lab.ts';
import { differences } from '../support/host-snapshot.ts';
import { seenRuns } from '../support/live-run.ts';
import { foreignRuntimeState, installForeignRuntime } from './foreign-runtime.ts';
import { loneRotationProof } from './registry-rotation.ts';
import { onHost, type Stage, snapshotAll, standsOn } from './stage.ts';

/** What the user keeps of an install. */
const kept: readonly RegExp[] = [/^files \/var\/log\/landfall(\/|$)/];

/** What differs between two boots of a host on which nothing was done. */
const ofAnotherBoot: readonly RegExp[] = [
  /^files \/run\/sshd\.pid$/,
  // systemd-nspawn covers these by files with names of its own.
  /^mounts \/proc\/(kmsg|sys\/kernel\/random\/boot_id)$/,
  // They run at the first boot of an image only.
  /^units (ldconfig|systemd-(journal-catalog-update|sysusers|update-done|hwdb-update|firstboot|machine-id-commit))\.service$/,
];

export function resetProof(of: () => Stage): void {
  test('reset gives all hosts back as they were', async (context) => {
    const { lab, cluster, completed, before, victim, rebooted } = of();
    standsOn(context, completed, 'the install');
    const output = await landfall(lab, ['reset', cluster, '--yes']);
    expect(output.exitCode, output.stdout + output.stderr).toBe(0);
    const after = await snapshotAll(lab);
    for (const [host, snapshot] of after) {
      const old = before.get(host);
      if (old === undefined) throw new Error(`no snapshot of ${host}`);
      const except = host === victim || rebooted.has(host) ? [...kept, ...ofAnotherBoot] : kept;
      const own = differences(old, snapshot, { times: false, except });
      expect(own, host).toEqual([]);
    }
    expect(await lab.outsidePackets()).toBe(0);
  });
}

export function smallClusterProofs(of: () => Stage): void {
  const hostsNamed = (hosts: readonly LabHost[], names: readonly string[]) =>
    hosts.filter((host) => names.includes(host.name));

  let runtimeBefore: string | undefined;
  /** The command that installed the cluster of one control plane, once it has. */
  let alone: readonly string[] | undefined;
  const setForeignRuntimeAside = async (lab: Lab, bundle: string, document: string): Promise<void> => {
    await installForeignRuntime(lab, 'node-1', bundle);
    runtimeBefore = await foreignRuntimeState(lab, 'node-1');
    expect(runtimeBefore).toMatch(/^ActiveState=active$/m);
    const preflight = ['preflight', document, '--bundle', bundle, '--no-disk-test'];
    const mended = await landfall(lab, [...preflight, '--fix']);
    expect(mended.exitCode).toBe(1);
    expect(mended.stdout).toContain('--set-aside runtime-containerd stops it');
    expect(await foreignRuntimeState(lab, 'node-1')).toBe(runtimeBefore);
    const consent = ['runtime-containerd', 'leftover-containerd-data', 'leftover-kubelet-unit'].join();
    const aside = await landfall(lab, [...preflight, '--set-aside', consent]);
    expect(aside.exitCode, aside.stdout + aside.stderr).toBe(0);
    expect(await onHost(lab, 'node-1', 'pgrep -c "containerd|pause" || :')).toBe('0\n');
  };

  test('one control plane alone carries a workload; a port of the API in use is named first', async (context) => {
    const { lab, bundle, completed } = of();
    standsOn(context, completed, 'the install');
    const hosts = hostsNamed(lab.hosts, ['node-1']);
    const document = await writeClusterDocument(lab, { name: 'solo', hosts, applications: ['website'] });
    const command = ['apply', document, '--bundle', bundle, '--yes'];
    const listen = 'systemd-run --quiet --collect --unit=other-program socat TCP-LISTEN:6443,fork,reuseaddr EXEC:cat';
    await onHost(lab, 'node-1', listen);
    const refused = await landfall(lab, command);
    expect(refused.exitCode).toBe(1);
    expect(refused.stdout).toMatch(
      /!! node-1: Check the host failed \[PREFLIGHT_BLOCKED\]: node-1 is not ready: "Port of the Kubernetes API is free" .* 6443\/tcp ← socat pid \d+ \(other-program\.service\);/,
    );
    expect(await onHost(lab, 'node-1', 'ls /usr/local/bin')).toBe('');
    await onHost(lab, 'node-1', 'systemctl stop other-program');
    await setForeignRuntimeAside(lab, bundle, document);
    const output = await landfall(lab, command);
    expect(output.exitCode, output.stdout + output.stderr).toBe(0);
    const [address = ''] = /http:\/\/\S+/.exec(output.stdout) ?? [];
    const page = await lab.run(['curl', '--silent', '--max-time', '10', address]);
    expect(page.stdout).toContain('<h1>It works</h1>');
    const script = "kubectl get pods -n applications -o jsonpath='{.items[*].spec.nodeName}'";
    expect(await onHost(lab, 'node-1', script)).toBe('node-1');
    const again = await landfall(lab, command);
    expect(again.stdout).toContain('Nothing to change');
    expect(seenRuns(lab, 'solo').length).toBe(3);
    alone = command;
  });

  loneRotationProof(() => ({ lab: of().lab, cluster: 'solo', command: alone }));

  test('reset gives back the container runtime that was set aside, and starts it', async (context) => {
    const { lab } = of();
    standsOn(context, runtimeBefore, 'the runtime that was set aside');
    const output = await landfall(lab, ['reset', 'solo', '--yes']);
    expect(output.exitCode, output.stdout + output.stderr).toBe(0);
    const after = await foreignRuntimeState(lab, 'node-1');
    // Its containers were ended, which nobody can undo.
    expect(after).toBe(runtimeBefore?.replace(/^1$/m, '0'));
  });

  test('two control planes are refused with the reason', async () => {
    const { lab, bundle } = of();
    const hosts = hostsNamed(lab.hosts, ['node-3', 'node-4']);
    const document = await writeClusterDocument(lab, { name: 'even', hosts, controlPlanes: 2 });
    const output = await landfall(lab, ['apply', document, '--bundle', bundle, '--yes']);
    expect(output.exitCode).toBe(2);
    expect(output.stderr).toMatch(/even\.yaml:\d+:\d+: .*2 control planes/);
    expect(seenRuns(lab, 'even')).toEqual([]);
  });
}
