import path from 'node:path';
import { expect, test } from 'vitest';
import { landfall } from '../cluster/landfall.ts';
import { writeOwnImage } from '../support/own-image.ts';
import { changeLogin, kubectl, onHost, type Stage, standsOn } from './stage.ts';

type Listed = {
  readonly tags: readonly {
    readonly repository: string;
    readonly tag: string;
    readonly digest: string;
    readonly hosts: readonly string[];
  }[];
};

const storage = '/var/lib/landfall/registry/docker/registry/v2';

const pod = (image: string, node: string): string => `
apiVersion: v1
kind: Pod
metadata: { name: own-image, namespace: default }
spec:
  restartPolicy: Never
  terminationGracePeriodSeconds: 0
  nodeSelector: { kubernetes.io/hostname: ${node} }
  containers: [{ name: own, image: '${image}', command: [sh, -c, 'cat /word; exec sleep 100000'] }]
`;

/** A user's own image reaches every registry, one that was away later, and a pod runs it. Three control planes. */
export function ownImageProofs(
  of: () => Pick<Stage, 'lab' | 'cluster' | 'completed' | 'bundle' | 'document'>,
  { away, worker }: { readonly away: string; readonly worker: string } = { away: 'node-3', worker: 'node-5' },
): void {
  const image = 'example.com/team/shop:2';

  test('an own image is pushed while a control plane is away, repaired later, and runs', async (context) => {
    const { lab, cluster, completed, bundle, document } = of();
    standsOn(context, completed, 'the install');
    const file = path.join(lab.directory, 'shop.tar');
    const digest = await writeOwnImage(bundle, file, image, 'hello');
    const push = ['registry', 'push', file, '--cluster', document, '--yes'];
    const hostsOf = async (): Promise<readonly string[]> => {
      const { stdout } = await landfall(lab, ['registry', 'list', cluster, '--output', 'json']);
      const { tags } = JSON.parse(stdout) as Listed;
      return tags.find((tag) => tag.repository === 'example.com/team/shop')?.hosts ?? [];
    };

    // A refused login is final at once, where a lost machine is tried again for a minute.
    const giveBack = changeLogin(document, away, { user: 'stranger' });
    try {
      const partly = await landfall(lab, push);
      expect(partly.exitCode, partly.stdout).toBe(1);
      expect(partly.stdout + partly.stderr).toContain(away);
    } finally {
      giveBack();
    }
    expect(await hostsOf()).toEqual(['node-1', 'node-2']);
    const repaired = await landfall(lab, ['registry', 'repair', document, '--yes']);
    expect(repaired.exitCode, repaired.stdout + repaired.stderr).toBe(0);
    expect(await hostsOf()).toEqual(['node-1', 'node-2', 'node-3']);
    expect((await landfall(lab, push)).stdout).toContain('Nothing to change');
    expect((await landfall(lab, ['registry', 'verify', cluster])).exitCode).toBe(0);

    await kubectl(lab, 'apply -f -', pod(image, worker));
    await kubectl(lab, 'wait --for=condition=Ready pod/own-image --timeout=60s');
    expect(await kubectl(lab, 'logs own-image')).toBe('hello\n');
    expect(await kubectl(lab, "get pod own-image -o jsonpath='{.status.containerStatuses[0].imageID}'")).toContain(
      digest,
    );
  });

  test('what is no image, or is called as one of the bundle, is refused and changes nothing', async (context) => {
    const { lab, cluster, completed, bundle } = of();
    standsOn(context, completed, 'the install');
    const before = await landfall(lab, ['registry', 'list', cluster]);
    const file = path.join(lab.directory, 'other.tar');
    await writeOwnImage(bundle, file, 'docker.io/library/nginx:1.22.1', 'other');
    const named = await landfall(lab, ['registry', 'push', file, '--cluster', cluster, '--yes']);
    expect([named.exitCode, named.stdout]).toEqual([1, expect.stringContaining('REGISTRY_TAG_OF_BUNDLE')]);
    const foreign = await landfall(lab, ['registry', 'push', '/etc/hosts', '--cluster', cluster, '--yes']);
    expect([foreign.exitCode, foreign.stdout]).toEqual([1, expect.stringContaining('IMAGE_UNREADABLE')]);
    expect((await landfall(lab, ['registry', 'list', cluster])).stdout).toBe(before.stdout);
  });

  test('an application starts anew from the bytes of the bundle though every registry says its tag is another image', async (context) => {
    const { lab, cluster, completed } = of();
    standsOn(context, completed, 'the install');
    const { stdout } = await landfall(lab, ['registry', 'list', cluster, '--output', 'json']);
    const digestOf = (repository: string): string => {
      const { tags } = JSON.parse(stdout) as Listed;
      return tags.find((tag) => tag.repository === repository)?.digest ?? '';
    };
    const [web, other] = [digestOf('docker.io/library/nginx'), digestOf('docker.io/library/busybox')];
    const link = `${storage}/repositories/docker.io/library/nginx/_manifests/tags/1.22.1/current/link`;
    const planes = ['node-1', 'node-2', 'node-3'];
    await Promise.all(planes.map((plane) => onHost(lab, plane, `printf %s ${other} >${link}`)));
    try {
      // The node has never had the image, as far as containerd knows.
      const ctr = '/usr/local/bin/ctr --namespace k8s.io images';
      await onHost(
        lab,
        worker,
        `${ctr} ls -q | grep -e library/nginx -e ${web} | xargs -r ${ctr} rm --sync >/dev/null`,
      );
      await kubectl(
        lab,
        `-n applications delete pods --now --field-selector spec.nodeName=${worker} -l landfall.dev/application=website`,
      );
      await kubectl(lab, '-n applications rollout status deployment website --timeout=90s');
      const ids = await kubectl(
        lab,
        `-n applications get pods --field-selector spec.nodeName=${worker} -l landfall.dev/application=website -o jsonpath='{.items[*].status.containerStatuses[0].imageID}'`,
      );
      expect(ids).toContain(`@${web}`);
      const verified = await landfall(lab, ['registry', 'verify', cluster]);
      expect([verified.exitCode, verified.stdout]).toEqual([
        1,
        expect.stringContaining('names another image  docker.io/library/nginx:1.22.1'),
      ]);
    } finally {
      await landfall(lab, ['registry', 'repair', cluster, '--yes']);
    }
    expect((await landfall(lab, ['registry', 'verify', cluster])).exitCode).toBe(0);
  });
}
