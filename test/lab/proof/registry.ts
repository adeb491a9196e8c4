import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { landfall, repositoryFile } from '../cluster/landfall.ts';
import { onHost, type Stage, standsOn } from './stage.ts';

type Tag = { readonly repository: string; readonly tag: string; readonly digest: string; readonly hosts: string[] };
type Verified = {
  readonly registries: readonly {
    readonly host: string;
    readonly same: boolean;
    readonly difference: { readonly damaged: readonly string[]; readonly changedTags: readonly string[] };
  }[];
};
type Manifest = {
  readonly manifests?: readonly { readonly digest: string }[];
  readonly config?: { readonly digest: string };
};

const storage = '/var/lib/landfall/registry/docker/registry/v2';
const blob = (digest: string): string => {
  const hex = digest.replace('sha256:', '');
  return `${storage}/blobs/sha256/${hex.slice(0, 2)}/${hex}/data`;
};
// Another namespace, so that nothing the cluster runs is touched.
const ctr = '/usr/local/bin/ctr --namespace proof';

export type RegistryPlaces = {
  /** A host that has never had the images. */
  readonly worker: string;
  /** The control plane whose registry it asks first. */
  readonly victim: string;
  readonly images: readonly [string, string];
};

/** Pulls as an install does. */
function pull(name: string, digest: string): string {
  return `set -- proof '${name}=${digest}'\n${readFileSync(repositoryFile('assets/hosts/pull-images.sh'), 'utf8')}`;
}

/**
 * Damage in the registry of the second control plane, which `worker` asks first, is neither used by nodes nor kept.
 * Three control planes, and a worker that never had the image of wanted.
 */
export function registryProofs(
  of: () => Pick<Stage, 'lab' | 'cluster' | 'completed'>,
  { worker, victim, images }: RegistryPlaces = {
    worker: 'node-5',
    victim: 'node-2',
    images: ['registry.k8s.io/etcd', 'registry.k8s.io/kube-apiserver'],
  },
): void {
  const tagsOf = async ({ lab, cluster }: Pick<Stage, 'lab' | 'cluster'>): Promise<readonly Tag[]> => {
    const output = await landfall(lab, ['registry', 'list', cluster, '--output', 'json']);
    return (JSON.parse(output.stdout) as { readonly tags: readonly Tag[] }).tags;
  };
  const tagOf = (tags: readonly Tag[], repository: string): Tag => {
    const found = tags.find((tag) => tag.repository === repository);
    if (found === undefined) throw new Error(`${repository} is not listed`);
    return found;
  };
  test('every registry is whole and the same, and tells nobody anything without a password', async (context) => {
    const { lab, cluster, completed } = of();
    standsOn(context, completed, 'the install');
    const output = await landfall(lab, ['registry', 'verify', cluster, '--output', 'json']);
    expect(output.exitCode, output.stdout + output.stderr).toBe(0);
    const { registries } = JSON.parse(output.stdout) as Verified;
    expect(registries.map((registry) => registry.same)).toEqual([true, true, true]);
    const addresses = lab.hosts.slice(0, 3).map((host) => host.address);
    for (const path of ['/v2/', '/v2/_catalog', '/v2/registry.k8s.io/pause/tags/list']) {
      const codes = await onHost(
        lab,
        worker,
        addresses
          .map((address) => `curl -sk -o /dev/null -w '%{http_code} ' https://${address}:5443${path}`)
          .join('\n'),
      );
      expect(codes.trim(), path).toBe('401 401 401');
    }
  });

  test('a damaged blob is refused, a changed tag is not used, and both are repaired', async (context) => {
    const { lab, cluster, completed } = of();
    standsOn(context, completed, 'the install');
    const tags = await tagsOf(of());
    const [wanted, pause] = [tagOf(tags, images[0]), tagOf(tags, 'registry.k8s.io/pause')];
    expect(wanted.hosts).toEqual(['node-1', 'node-2', 'node-3']);
    const image = `${wanted.repository}:${wanted.tag}`;
    const read = async (digest: string): Promise<Manifest> =>
      JSON.parse(await onHost(lab, victim, `cat ${blob(digest)}`)) as Manifest;
    const root = await read(wanted.digest);
    const [child] = root.manifests ?? [];
    const configuration = (child === undefined ? root : await read(child.digest)).config?.digest ?? '';
    expect(configuration).toMatch(/^sha256:/);

    // The blob gets a file of its own first: containerd on this host may share the one that is there.
    const file = blob(configuration);
    await onHost(
      lab,
      victim,
      `cp ${file} ${file}.new && printf '#' | dd of=${file}.new bs=1 seek=9 conv=notrunc 2>/dev/null && mv ${file}.new ${file}`,
    );
    const refused = await lab.ssh(worker, pull(image, wanted.digest), { timeout: 60_000 });
    expect(refused.exitCode, refused.stdout).not.toBe(0);
    expect(await onHost(lab, worker, `${ctr} images ls -q`)).not.toContain(image);

    await onHost(
      lab,
      victim,
      `printf %s ${pause.digest} >${storage}/repositories/${wanted.repository}/_manifests/tags/${wanted.tag}/current/link`,
    );
    const found = await landfall(lab, ['registry', 'verify', cluster, '--output', 'json']);
    expect(found.exitCode).toBe(1);
    const { registries } = JSON.parse(found.stdout) as Verified;
    expect(registries.filter((registry) => !registry.same).map((registry) => registry.host)).toEqual([victim]);
    const difference = registries.find((registry) => registry.host === victim)?.difference;
    expect(difference?.damaged).toEqual([configuration.replace('sha256:', '')]);
    expect(difference?.changedTags).toEqual([image]);

    // A registry without the blob is passed over, and the tag that names another image has no say.
    await onHost(lab, victim, `rm ${file}`);
    await onHost(lab, worker, pull(image, wanted.digest));
    expect(await onHost(lab, worker, `${ctr} images ls | awk -v name=${image} '$1 == name { print $3 }'`)).toBe(
      `${wanted.digest}\n`,
    );

    const repaired = await landfall(lab, ['registry', 'repair', cluster, '--yes']);
    expect(repaired.exitCode, repaired.stdout + repaired.stderr).toBe(0);
    const again = await landfall(lab, ['registry', 'repair', cluster, '--yes']);
    expect(again.stdout).toContain('Nothing to change');
    expect((await landfall(lab, ['registry', 'verify', cluster])).exitCode).toBe(0);
    expect(await onHost(lab, victim, `sha256sum <${file}`)).toContain(configuration.replace('sha256:', ''));
  });

  test('a worker pulls an image it never had while the registry it asks first is stopped', async (context) => {
    const { lab, completed } = of();
    standsOn(context, completed, 'the install');
    const { repository, tag, digest } = tagOf(await tagsOf(of()), images[1]);
    const image = `${repository}:${tag}`;
    await onHost(lab, victim, 'systemctl stop landfall-registry');
    try {
      await onHost(lab, worker, pull(image, digest));
    } finally {
      await onHost(lab, victim, 'systemctl start landfall-registry');
    }
    expect(await onHost(lab, worker, `${ctr} images ls -q`)).toContain(image);
    await onHost(lab, worker, `${ctr} images rm $(${ctr} images ls -q) >/dev/null`);
  });
}
