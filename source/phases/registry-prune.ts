import { readAsset } from '../assets.ts';
import { nameInBundle, parseShortImageName } from '../bundle/image-name.ts';
import type { HostEntry } from '../cluster/document.ts';
import type { Step, StepReporter } from '../engine/step.ts';
import { LandfallError, toLandfallError } from '../errors.ts';
import type { HostConnection } from '../hosts/connection.ts';
import { formatBytes } from '../language/format.ts';
import { controlPlanes, firstControlPlane, type InstallContext } from './context.ts';
import { hostStep } from './host-step.ts';
import { hostPaths } from './paths.ts';
import { fileContent, mergeContent, type RegistryContent, registryContent } from './registry-content.ts';
import {
  mergeSurveys,
  parseSurvey,
  planRemoval,
  type RegistrySurvey,
  type Removal,
  reachedFrom,
  removalFrom,
} from './registry-reach.ts';

/** What something in the cluster names or runs. */
export type UsedImage = { readonly user: string; readonly image: string };

/** Understands what `used-images.sh` prints. */
export function parseUsed(text: string): readonly UsedImage[] {
  return text.split('\n').flatMap((line) => {
    const [kind = '', name = '', ...words] = line.split(' ').filter((word) => word !== '');
    return words.map((image) => ({ user: `${kind} ${name}`, image }));
  });
}

/** Hex digests among the images. */
export function usedDigests(used: readonly UsedImage[]): ReadonlySet<string> {
  return new Set(used.flatMap(({ image }) => /sha256:([0-9a-f]{64})$/.exec(image)?.[1] ?? []));
}

const tagKey = (line: string): string | undefined => /^tag (\S+ \S+) [0-9a-f]+$/.exec(line)?.[1];
const hexOfTag = (survey: RegistrySurvey, key: string): string | undefined =>
  [...survey.links].find((line) => line.startsWith(`tag ${key} `))?.split(' ')[3];

/** The path under which nodes look for a repository, without the domain. */
function pathOf(repository: string): string {
  const slash = repository.indexOf('/');
  return slash > 0 && repository.slice(0, slash).includes('.') ? repository.slice(slash + 1) : repository;
}

/**
 * Keys of the tags an image has, as `REPOSITORY TAG`: under its whole name, and under the bare path unless that is another
 * image, or one that an image of another domain needs. Throws REGISTRY_TAG_UNKNOWN.
 */
export function tagsNamed(name: string, surveys: readonly RegistrySurvey[]): readonly string[] {
  const all = new Set(surveys.flatMap((survey) => [...survey.links].flatMap((line) => tagKey(line) ?? [])));
  const parsed = parseShortImageName(name);
  const candidates = [typeof parsed === 'string' ? name : nameInBundle(parsed), name];
  const keyOf = (text: string): string => text.replace(/:([^:/]*)$/, ' $1');
  const found = candidates.map(keyOf).find((key) => all.has(key));
  if (found === undefined) {
    // A domain that cannot be the beginning of a repository leaves the bare path alone.
    const bare = typeof parsed === 'string' ? undefined : `${parsed.repository} ${parsed.tag}`;
    if (bare !== undefined && typeof parsed !== 'string' && parsed.domain.includes(':') && all.has(bare)) return [bare];
    throw new LandfallError({
      code: 'REGISTRY_TAG_UNKNOWN',
      message: `No registry has an image named ${name}.`,
      fix: 'landfall registry list shows what there is. Where a removal was interrupted, landfall registry prune ends it.',
      exitStatus: 2,
    });
  }
  const [repository = '', tag = ''] = found.split(' ');
  const bare = `${pathOf(repository)} ${tag}`;
  const same = surveys.every((survey) => {
    const hex = hexOfTag(survey, bare);
    return hex === undefined || hex === (hexOfTag(survey, found) ?? hex);
  });
  const shared = [...all].some((key) => {
    const [other = '', word] = key.split(' ');
    return word === tag && other !== repository && other !== pathOf(repository) && pathOf(other) === pathOf(repository);
  });
  return bare === found || !all.has(bare) || !same || shared ? [found] : [found, bare];
}

/**
 * Throws REGISTRY_TAG_IN_USE where something in the cluster names one of these tags, or runs what it stands for.
 * @param bundle hex digests of the bundle's content, which stays whatever is removed
 */
export function refuseUsed(
  keys: readonly string[],
  surveys: readonly RegistrySurvey[],
  used: readonly UsedImage[],
  bundle: ReadonlySet<string>,
): void {
  for (const key of keys) {
    const [repository = '', tag = ''] = key.split(' ');
    const roots = surveys.flatMap((survey) => hexOfTag(survey, key) ?? []);
    const reached = new Set(surveys.flatMap((survey) => [...reachedFrom(survey, roots)]));
    const users = used.filter(({ image }) => {
      const [, name = '', digest] = /^(.*?)@?sha256:([0-9a-f]{64})$/.exec(image) ?? [];
      // An id without a name is that of a configuration, whichever name it was pulled under.
      if (digest !== undefined && name === '') return reached.has(digest) && !bundle.has(digest);
      const tagged = digest !== undefined ? name.replace(/:[^/]*$/, '') : image;
      const parsed = parseShortImageName(/:[^/]*$/.test(tagged) ? tagged : `${tagged}:latest`);
      if (typeof parsed === 'string' || parsed.repository !== pathOf(repository)) return false;
      return digest === undefined ? parsed.tag === tag : reached.has(digest);
    });
    if (users.length === 0) continue;
    const names = [...new Set(users.map(({ user }) => user))];
    throw new LandfallError({
      code: 'REGISTRY_TAG_IN_USE',
      message: `${key.replace(' ', ':')} is in use: ${names.slice(0, 5).join(', ')}${names.length > 5 ? `, and ${names.length - 5} more` : ''}.`,
      fix: 'Delete these, or give them another image, then run the same command again.',
      exitStatus: 2,
    });
  }
}

/** Everything of the bundle, for all its architectures: a host of one of them may be away. */
async function bundleContent({ bundle }: InstallContext): Promise<RegistryContent> {
  const images = await Promise.all(
    bundle.images.map((image) =>
      registryContent(
        bundle,
        [image],
        bundle.architectures.filter((one) => image.architectures.includes(one)),
      ),
    ),
  );
  return mergeContent(fileContent(bundle.files, bundle.architectures), ...images);
}

async function surveyOf(connection: HostConnection): Promise<RegistrySurvey> {
  const script = await readAsset('hosts/registry-survey.sh');
  return parseSurvey(await connection.check('Look through the registry', script, [hostPaths.registryStorage]));
}

/** Reaches a control plane; says why the others are not enough. */
export async function reachForPrune(context: InstallContext, { name }: HostEntry): Promise<HostConnection> {
  try {
    return (await context.host(name)).connection;
  } catch (thrown) {
    const { code, message, fix, context: where, transient, exitStatus } = toLandfallError(thrown, { host: name });
    throw new LandfallError({
      ...{ code, message, context: where, transient, exitStatus, cause: thrown },
      fix: `Nothing is taken out of any registry while ${name} is away, because its own would bring it back. ${fix ?? ''}`.trim(),
    });
  }
}

/** What goes, learned from all control planes and the API. */
export type Prune = {
  /** What goes from the registry of a control plane, with the state in which that was learned. */
  removal(host: HostEntry): Promise<{ readonly removal: Removal; readonly state: string }>;
  /** What of that is still there. */
  left(host: HostEntry): Promise<Removal>;
  /** What was learned may not be so any more. */
  forget(): void;
};

type Learned = { readonly all: Removal; readonly surveys: ReadonlyMap<string, RegistrySurvey> };

/** Throws REGISTRY_TAG_OF_BUNDLE. */
function refuseOfBundle(keys: readonly string[], bundle: RegistryContent): void {
  const own = new Set(bundle.links.flatMap((line) => tagKey(line) ?? []));
  const taken = keys.find((key) => own.has(key));
  if (taken === undefined) return;
  throw new LandfallError({
    code: 'REGISTRY_TAG_OF_BUNDLE',
    message: `${taken.replace(' ', ':')} is an image of the bundle, and what runs in the cluster relies on it.`,
    fix: 'Only images of your own can be removed.',
    exitStatus: 2,
  });
}

/**
 * A pruning that has not begun.
 * @param names images whose tags shall go too
 */
export function openPrune(context: InstallContext, names: readonly string[]): Prune {
  const planes = controlPlanes(context.document);
  const first = firstControlPlane(context.document);
  const connectionTo = (plane: HostEntry): Promise<HostConnection> => reachForPrune(context, plane);
  let bundle: Promise<RegistryContent> | undefined;
  let keys: readonly string[] | undefined;
  let known: Promise<Learned> | undefined;
  const learn = async (): Promise<Learned> => {
    bundle ??= bundleContent(context);
    const [script, content] = await Promise.all([readAsset('hosts/used-images.sh'), bundle]);
    const asked = await Promise.all(
      planes.map(async (plane) => [plane.name, await surveyOf(await connectionTo(plane))] as const),
    );
    const surveys = asked.map(([, survey]) => survey);
    // After the registries, so that what has come to run since then is known.
    const used = parseUsed(await (await connectionTo(first)).check('Ask the cluster what it runs', script));
    // Once a name is gone from all registries it cannot be found again.
    keys ??= names.flatMap((name) => tagsNamed(name, surveys));
    refuseOfBundle(keys, content);
    refuseUsed(keys, surveys, used, new Set(content.blobs.map((blob) => blob.digest.replace('sha256:', ''))));
    const all = planRemoval(mergeSurveys(surveys), content, usedDigests(used), new Set(keys));
    return { all, surveys: new Map(asked) };
  };
  const learned = (): Promise<Learned> => {
    known ??= learn();
    // What a person has to mend is no other for the next registry.
    known.catch((thrown: unknown) => {
      if (toLandfallError(thrown).exitStatus !== 2) known = undefined;
    });
    return known;
  };
  return {
    forget() {
      known = undefined;
    },
    async removal({ name }) {
      const { all, surveys } = await learned();
      const survey = surveys.get(name);
      if (survey === undefined) throw new TypeError(`${name} is no control plane`);
      return { removal: removalFrom(survey, all), state: survey.state };
    },
    async left(host) {
      const { all } = await learned();
      return removalFrom(await surveyOf(await connectionTo(host)), all);
    },
  };
}

/** Learns what goes before any registry is touched, and whether it may. */
export function lookForPrune(context: InstallContext, prune: Prune, after: readonly string[]): Step {
  const look = async (reporter: StepReporter): Promise<void> => {
    for (const plane of controlPlanes(context.document)) {
      const { blobs, bytes } = (await prune.removal(plane)).removal;
      reporter.output(`${plane.name}: ${formatBytes(bytes)} in ${blobs} blobs`);
    }
  };
  return {
    id: 'registry/look@operator',
    phase: 'registry',
    host: 'operator',
    title: 'Look what nothing reaches',
    kind: 'operator',
    after,
    async probe(reporter) {
      await look(reporter);
      return { state: 'done' };
    },
    apply: look,
    verify: look,
  };
}

/** The registry of a control plane holds nothing that nothing reaches. */
export function pruneRegistry(context: InstallContext, prune: Prune, host: HostEntry): Step {
  return hostStep(context, {
    id: 'registry/prune',
    host: host.name,
    title: 'Take out what nothing reaches',
    kind: 'control-plane',
    after: ['registry/look@operator'],
    probe: async () => (await prune.left(host)).lines.length === 0,
    async apply({ connection }, reporter) {
      // The cluster may have begun to run something since, and other tools may have pushed.
      prune.forget();
      const { removal, state } = await prune.removal(host);
      const { lines, tags, blobs, bytes } = removal;
      for (const tag of tags) reporter.output(`${tag} is taken out`);
      const output = await connection.check(
        'Take out what nothing reaches',
        await readAsset('hosts/registry-remove.sh'),
        [hostPaths.registryStorage, state],
        { stdin: lines.map((line) => `${line}\n`).join(''), signal: reporter.signal },
      );
      if (output.trim() === 'changed') {
        prune.forget();
        throw new LandfallError({
          code: 'REGISTRY_CHANGED',
          message: `Somebody pushes to the registry on ${host.name}, so nothing was taken out of it.`,
          fix: 'Run the same command again when the push has ended.',
          transient: true,
        });
      }
      reporter.note(`${host.name}: ${formatBytes(bytes)} in ${blobs} blobs taken out`);
    },
  });
}
