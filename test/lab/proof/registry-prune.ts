import path from 'node:path';
import { expect, test } from 'vitest';
import { landfall } from '../cluster/landfall.ts';
import { writeOwnImage } from '../support/own-image.ts';
import { kubectl, onHost, type Stage, standsOn } from './stage.ts';

const storage = '/var/lib/landfall/registry/docker/registry/v2';

/**
 * What a pod runs and what a push may be about to name stays in the registries; what nothing needs goes. It stands on the pod
 * of `ownImageProofs`.
 * @param others further images of the user, which go at the end
 */
export function pruneProofs(
  of: () => Pick<Stage, 'lab' | 'cluster' | 'completed' | 'bundle'>,
  others: () => readonly string[],
): void {
  const image = 'example.com/team/shop:2';

  test('what runs is not taken out of the registries, also when its tag has moved; what nothing needs is', async (context) => {
    const { lab, cluster, completed, bundle } = of();
    standsOn(context, completed, 'the install');
    const planes = ['node-1', 'node-2', 'node-3'];
    const prune = (...words: readonly string[]) => landfall(lab, ['registry', ...words, '--yes']);
    const blobs = async (): Promise<readonly string[]> => {
      const script = `find ${storage}/blobs -name data | sed 's,.*/\\([0-9a-f]*\\)/data$,\\1,' | sort`;
      return Promise.all(planes.map((plane) => onHost(lab, plane, script)));
    };
    const running = await kubectl(lab, "get pod own-image -o jsonpath='{.status.containerStatuses[0].imageID}'");
    const hex = running.split('sha256:')[1] ?? '';
    const refused = await prune('remove', image, '--cluster', cluster);
    expect([refused.exitCode, refused.stdout]).toEqual([1, expect.stringContaining('REGISTRY_TAG_IN_USE')]);

    // The tag moves to a newer build, and what is old is no longer young enough to be part of a push.
    const file = path.join(lab.directory, 'newer.tar');
    const newer = await writeOwnImage(bundle, file, image, 'newer');
    expect((await prune('push', file, '--cluster', cluster)).exitCode).toBe(0);
    const orphan = 'a'.repeat(64);
    const folder = `${storage}/blobs/sha256/aa/${orphan}`;
    const age = `mkdir -p ${folder}; echo lost >${folder}/data; find ${storage} -type f -mmin -60 -exec touch -d '2 hours ago' {} +`;
    await Promise.all(planes.map((plane) => onHost(lab, plane, age)));
    const shown = await landfall(lab, ['registry', 'prune', cluster, '--dry-run']);
    const lines = planes.map((plane) => `${plane}: 5 B in 1 blobs would go\n`);
    expect([shown.exitCode, shown.stdout]).toEqual([0, lines.join('')]);
    for (const held of await blobs()) expect(held).toContain(orphan);
    const pruned = await prune('prune', cluster);
    expect(pruned.exitCode, pruned.stdout + pruned.stderr).toBe(0);
    for (const held of await blobs()) {
      expect(held).not.toContain(orphan);
      expect(held).toContain(hex);
    }

    // Nothing runs it any more, and nothing names the newer one either.
    await kubectl(lab, 'delete pod own-image --now');
    const removed = await prune('remove', image, ...others(), '--cluster', cluster);
    expect(removed.exitCode, removed.stdout + removed.stderr).toBe(0);
    for (const held of await blobs())
      expect([held.includes(hex), held.includes(newer.slice(7))]).toEqual([false, false]);
    const left = `find ${storage}/repositories -path '*team/*' -o -path '*example.com*'`;
    for (const plane of planes) expect(await onHost(lab, plane, left)).toBe('');
    const whole = await landfall(lab, ['registry', 'verify', cluster]);
    expect(whole.exitCode, whole.stdout).toBe(0);
  });
}
