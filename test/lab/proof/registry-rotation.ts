import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { labHome, landfall } from '../cluster/landfall.ts';
import type { Lab } from '../hosts/lab.ts';
import { killHard, newRun, reachProgress, seenRuns, startLandfall } from '../support/live-run.ts';
import { applyArguments, kubectl, onHost, type Stage, standsOn } from './stage.ts';

/**
 * Asks for a blob as nodes ask, again and again until a file appears; says how often it was given and how often not. A pull
 * goes on to the next registry when one is away; this tool does so only before it has asked one for the size, so where it
 * was turned away by a closed port in between it asks once more. A login that is refused counts at once.
 */
const pulls = (digest: string): string => `
rm -f /tmp/pulls-end; given=0; refused=0
fetch() {
  /usr/local/bin/ctr --namespace proof content fetch-blob --hosts-dir /etc/containerd/certs.d \\
    registry.k8s.io/pause ${digest} >/dev/null 2>/tmp/pulls-error
}
until [ -e /tmp/pulls-end ]; do
  if fetch || { grep -q 'failed open: .*connection refused' /tmp/pulls-error && fetch; }; then given=$((given + 1))
  else refused=$((refused + 1)); grep -v level=warning /tmp/pulls-error; fi
done
rm -f /tmp/pulls-end /tmp/pulls-error
echo "given $given refused $refused"`;

function passwordOf(lab: Lab, cluster: string): string {
  const secrets = path.join(labHome(lab), 'clusters', cluster, 'secrets.json');
  return (JSON.parse(readFileSync(secrets, 'utf8')) as { readonly registryPassword: string }).registryPassword;
}

/** What the registry of a control plane answers to the usual user with that password. */
const answerTo = (lab: Lab, plane: string, word: string): Promise<string> =>
  onHost(
    lab,
    plane,
    `curl -sk -o /dev/null -w '%{http_code}' --config - https://localhost:5443/v2/ <<'END'\nuser = "landfall:${word}"\nEND\n`,
  );

/** The same with one control plane, whose registry nobody stands in for. It stands on the website of that cluster. */
export function loneRotationProof(
  of: () => { readonly lab: Lab; readonly cluster: string; readonly command: readonly string[] | undefined },
): void {
  test('the registry of the only control plane gets a new password and certificate, and pods start from it again', async (context) => {
    const { lab, cluster, command } = of();
    standsOn(context, command, 'the small cluster');
    const old = passwordOf(lab, cluster);
    const certificate = (): Promise<string> => onHost(lab, 'node-1', 'sha256sum /etc/landfall/registry/server.crt');
    const before = await certificate();
    const rotated = await landfall(lab, ['registry', 'rotate', cluster, '--yes']);
    expect(rotated.exitCode, rotated.stdout + rotated.stderr).toBe(0);
    const word = passwordOf(lab, cluster);
    expect(word).not.toBe(old);
    expect(await certificate()).not.toBe(before);
    expect([await answerTo(lab, 'node-1', old), await answerTo(lab, 'node-1', word)]).toEqual(['401', '200']);
    // The node has never had the image, as far as containerd knows.
    const ctr = '/usr/local/bin/ctr --namespace k8s.io images';
    const ids = `${ctr} ls | grep library/nginx | tr -s ' ' | cut -d' ' -f3 | sort -u`;
    await onHost(
      lab,
      'node-1',
      `for id in $(${ids}); do ${ctr} ls -q target.digest==$id; done | xargs ${ctr} rm --sync`,
    );
    expect(await onHost(lab, 'node-1', `${ctr} ls -q | grep -c library/nginx || :`)).toBe('0\n');
    await kubectl(lab, '-n applications delete pods --now -l landfall.dev/application=website');
    await kubectl(lab, '-n applications rollout status deployment website --timeout=90s');
    const applied = await landfall(lab, command ?? []);
    expect(applied.stdout, applied.stderr).toContain('Nothing to change');
  });
}

/** New certificates and a new password, with an interruption, while a worker and a control plane pull. */
export function registryRotationProofs(
  of: () => Pick<Stage, 'lab' | 'cluster' | 'completed' | 'document' | 'copy'>,
  pullers: readonly [string, string] = ['node-2', 'node-5'],
): void {
  test('the registries get a new password and certificates, no pull fails, and the old password is no more', async (context) => {
    const { lab, cluster, completed, document, copy } = of();
    standsOn(context, completed, 'the install');
    const password = (): string => passwordOf(lab, cluster);
    const listed = await landfall(lab, ['registry', 'list', cluster, '--output', 'json']);
    const { tags } = JSON.parse(listed.stdout) as {
      readonly tags: readonly { readonly repository: string; readonly digest: string }[];
    };
    const digest = tags.find((tag) => tag.repository === 'registry.k8s.io/pause')?.digest ?? '';
    const old = password();
    const [plane] = pullers;
    const certificate = (): Promise<string> => onHost(lab, plane, 'sha256sum /etc/landfall/registry/server.crt');
    const before = await certificate();
    const pulling = pullers.map((host) => onHost(lab, host, pulls(digest)));
    try {
      const known = seenRuns(lab, cluster);
      const command = startLandfall(lab, ['registry', 'rotate', cluster, '--yes']);
      const run = await newRun(lab, cluster, known);
      // By then some registries or nodes have the new password, and others do not.
      expect(await reachProgress(run, 0.45)).toBe(true);
      await killHard(run, [command]);
      await command.ended;
      expect(password()).toBe(old);
      const refused = await landfall(lab, applyArguments({ document, copy }));
      expect([refused.exitCode, refused.stdout]).toEqual([1, expect.stringContaining('REGISTRY_ROTATION_UNFINISHED')]);
      const ended = await landfall(lab, ['registry', 'rotate', cluster, '--yes']);
      expect(ended.exitCode, ended.stdout + ended.stderr).toBe(0);
    } finally {
      for (const host of pullers) await onHost(lab, host, 'touch /tmp/pulls-end');
    }
    for (const said of await Promise.all(pulling)) expect(said).toMatch(/^given [1-9]\d* refused 0\n$/);
    expect(password()).not.toBe(old);
    expect(await certificate()).not.toBe(before);
    expect([await answerTo(lab, plane, old), await answerTo(lab, plane, password())]).toEqual(['401', '200']);
    const applied = await landfall(lab, applyArguments({ document, copy }));
    expect(applied.stdout).toContain('Nothing to change');
  });
}
