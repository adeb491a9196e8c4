import { Readable } from 'node:stream';
import { compare as bcryptCompare, hash as bcryptHash } from 'bcryptjs';
import { pack } from 'tar-stream';
import { readAsset } from '../assets.ts';
import type { Architecture, FileRole, ImageUse } from '../bundle/contents.ts';
import type { HostEntry } from '../cluster/document.ts';
import { registryUser } from '../cluster/secrets.ts';
import type { Step, StepReporter } from '../engine/step.ts';
import { recordedWriteFile } from '../hosts/change-record.ts';
import type { HostConnection } from '../hosts/connection.ts';
import { hasFiles, type PlacedFile, placeFiles } from '../hosts/placed-files.ts';
import { uploadedFile } from './containerd.ts';
import { firstControlPlane, type InstallContext } from './context.ts';
import { requireFreePort } from './free-port.ts';
import { hostStep } from './host-step.ts';
import { hostPaths } from './paths.ts';
import { fileContent, mergeContent, type RegistryContent, registryContent } from './registry-content.ts';
import { fetchRegistryFile, hasRegistryFiles, type RegistryFile } from './registry-file.ts';

const folder = `${hostPaths.configuration}/registry`;
const unit = 'landfall-registry.service';
// The password is random and long, so guessing it is hopeless at any cost; the registry computes this hash on every
// request, and a higher cost would only slow every pull.
const bcryptCost = 4;

/** Where a registry's own files are on its control plane. */
export const registryFiles = {
  certificate: `${folder}/server.crt`,
  key: `${folder}/server.key`,
  users: `${folder}/htpasswd`,
} as const;

/** A user of a registry with his password. */
export type RegistryLogin = { readonly user: string; readonly password: string };

/** Whether the registry's file of users names exactly these. */
export async function acceptsLogins(text: string | undefined, logins: readonly RegistryLogin[]): Promise<boolean> {
  const lines = (text ?? '').split('\n').filter((line) => line !== '');
  if (lines.length !== logins.length) return false;
  for (const { user, password } of logins) {
    const hash = lines.find((line) => line.startsWith(`${user}:`))?.slice(user.length + 1);
    if (hash === undefined || !(await bcryptCompare(password, hash))) return false;
  }
  return true;
}

/** The registry's file of users. */
export async function loginsText(logins: readonly RegistryLogin[]): Promise<string> {
  const lines = await Promise.all(
    logins.map(async ({ user, password }) => `${user}:${await bcryptHash(password, bcryptCost)}\n`),
  );
  return lines.join('');
}

/** The copy between control planes names a registry by its address, so it has a mirror file of its own. */
export function copyMirror(context: InstallContext, credentials: string): PlacedFile {
  const url = `https://${firstControlPlane(context.document).address}:${context.document.registry.port}`;
  const ca = `ca = "${hostPaths.configuration}/registry-ca.crt"\n`;
  const header = `Authorization = ["Basic ${Buffer.from(credentials).toString('base64')}"]\n`;
  const content = `server = "${url}"\n${ca}[host."${url}"]\ncapabilities = ["pull", "resolve"]\n${ca}[host."${url}".header]\n${header}`;
  return { path: `${hostPaths.containerdMirrors}/landfall-copy/hosts.toml`, content, mode: 0o600 };
}

/** Restarts the registry and waits until its port is open; downloads that go on are given time to end. */
export async function restartRegistry(connection: HostConnection, port: number): Promise<void> {
  await connection.check(
    'Start the registry',
    `mkdir -p ${hostPaths.registryStorage}; systemctl daemon-reload && systemctl enable --quiet ${unit} && systemctl restart ${unit}
for attempt in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do ss -Hltn "sport = :$1" | grep -q . && exit 0; sleep 0.3; done
journalctl -u ${unit} -n 15 --no-pager >&2; exit 1`,
    [String(port)],
  );
}

function configuration(port: number): string {
  return `version: 0.1
log:
  level: warn
  accesslog:
    disabled: true
storage:
  filesystem:
    rootdirectory: ${hostPaths.registryStorage}
  delete:
    enabled: true
http:
  addr: :${port}
  draintimeout: 10s
  tls:
    certificate: ${registryFiles.certificate}
    key: ${registryFiles.key}
auth:
  htpasswd:
    realm: landfall
    path: ${registryFiles.users}
`;
}

const unitText = `[Unit]
Description=Landfall's image registry
After=network.target local-fs.target

[Service]
ExecStart=${hostPaths.programs}/registry serve ${folder}/config.yml
Environment=OTEL_TRACES_EXPORTER=none
Restart=always
RestartSec=1
TimeoutStopSec=10

[Install]
WantedBy=multi-user.target
`;

/** Architectures of the cluster's hosts that the bundle has. */
async function clusterArchitectures(context: InstallContext): Promise<readonly Architecture[]> {
  const found = await Promise.allSettled(context.document.hosts.map((host) => context.host(host.name)));
  const known = found.flatMap((result) => (result.status === 'fulfilled' ? [result.value.facts.architecture] : []));
  return [...new Set(known)];
}

/** What is imported together, in this order: what the first node waits for, what the cluster then needs, the rest. */
type Part = 'essentials' | 'cluster' | 'images';

const partOfUse: Readonly<Record<ImageUse, Part>> = {
  'every-node': 'essentials',
  'control-plane': 'essentials',
  'load-balancer': 'essentials',
  network: 'cluster',
  cluster: 'cluster',
  application: 'images',
};
const essentialFiles: ReadonlySet<FileRole> = new Set(['kubelet', 'kubeadm', 'cni-plugins', 'kubectl', 'etcdctl']);

const titles: Readonly<Record<Part, string>> = {
  essentials: 'Import what every node needs from the bundle',
  cluster: 'Import what the network and the cluster need from the bundle',
  images: 'Import the other images and programs from the bundle',
};

async function content(context: InstallContext, part: Part): Promise<RegistryContent> {
  const architectures = await clusterArchitectures(context);
  const images = context.bundle.images.filter((image) => partOfUse[image.use] === part);
  const files = context.bundle.files.filter((file) =>
    part === 'essentials' ? essentialFiles.has(file.role) : part === 'images' && !essentialFiles.has(file.role),
  );
  return mergeContent(fileContent(files, architectures), await registryContent(context.bundle, images, architectures));
}

/** Everything of the bundle that the registry of every control plane holds. */
export async function wholeContent(context: InstallContext): Promise<RegistryContent> {
  const parts = ['essentials', 'cluster', 'images'] as const;
  return mergeContent(...(await Promise.all(parts.map((part) => content(context, part)))));
}

export async function missingBlobs(connection: HostConnection, wanted: RegistryContent): Promise<ReadonlySet<string>> {
  const list = wanted.blobs.map((blob) => `${blob.digest.replace('sha256:', '')} ${blob.size}\n`).join('');
  const script = await readAsset('hosts/registry-missing.sh');
  const output = await connection.check('Compare the registry with the bundle', script, [hostPaths.registryStorage], {
    stdin: list,
  });
  return new Set(
    output
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => `sha256:${line}`),
  );
}

/** Done when all blobs are there whole and the last link, which is written last, is there too. */
async function holds(connection: HostConnection, wanted: RegistryContent, marker: string): Promise<boolean> {
  const known = await connection.readFile(`${hostPaths.markers}/${marker}`);
  if (known !== linkText(wanted)) return false;
  return (await missingBlobs(connection, wanted)).size === 0;
}

const linkText = (wanted: RegistryContent): string => wanted.links.map((line) => `${line}\n`).join('');

async function writeLinks(connection: HostConnection, wanted: RegistryContent, marker: string): Promise<void> {
  const links = linkText(wanted);
  await connection.check('Link the images', await readAsset('hosts/registry-link.sh'), [hostPaths.registryStorage], {
    stdin: links,
  });
  await connection.writeFile(`${hostPaths.markers}/${marker}`, links, 0o644);
}

/** Streams a blob from its beginning, by its digest. */
export type BlobSource = (digest: string) => Readable;

/** Blobs and files of the bundle. */
export function bundleBlobs({ bundle }: Pick<InstallContext, 'bundle'>): BlobSource {
  const files = new Map(bundle.files.map((file) => [`sha256:${file.sha256}`, file]));
  return (digest) => {
    const file = files.get(digest);
    return file === undefined ? bundle.openBlob(digest) : bundle.openFile(file);
  };
}

/** Streams the missing blobs as one tar; what arrived before a break is there and is not sent again. */
export async function sendBlobs(
  open: BlobSource,
  connection: HostConnection,
  wanted: RegistryContent,
  reporter: StepReporter,
): Promise<void> {
  const missing = await missingBlobs(connection, wanted);
  const blobs = wanted.blobs.filter((blob) => missing.has(blob.digest));
  const total = blobs.reduce((sum, blob) => sum + blob.size, 0);
  const archive = pack();
  let sent = 0;
  const feed = async (): Promise<void> => {
    for (const blob of blobs) {
      const source = open(blob.digest);
      await new Promise<void>((resolve, reject) => {
        const entry = archive.entry(
          { name: blob.digest.replace('sha256:', ''), size: blob.size, mode: 0o644 },
          (error) => (error ? reject(error) : resolve()),
        );
        source.on('data', (chunk: Buffer) => {
          sent += chunk.length;
          reporter.progress(sent, total, 'bytes');
        });
        source.on('error', reject);
        // It ends with the archive, when a damaged blob ends that.
        entry.on('error', reject);
        source.pipe(entry);
      });
    }
    archive.finalize();
  };
  if (blobs.length === 0) return;
  const script = await readAsset('hosts/registry-import.sh');
  const feeding = feed().catch((error: unknown) => {
    archive.destroy(error instanceof Error ? error : new Error(String(error)));
    throw error;
  });
  const [fed, received] = await Promise.allSettled([
    feeding,
    connection.check('Receive the images', script, [hostPaths.registryStorage], {
      stdin: Readable.from(archive, { objectMode: false }),
      signal: reporter.signal,
    }),
  ]);
  if (fed.status === 'rejected') throw fed.reason;
  if (received.status === 'rejected') throw received.reason;
}

function importStep(context: InstallContext, host: HostEntry, part: Part, after: readonly string[]): Step {
  const marker = `registry-${part}`;
  return hostStep(context, {
    id: `registry/${part}`,
    host: host.name,
    title: titles[part],
    kind: 'upload',
    after,
    async probe({ connection }) {
      return holds(connection, await content(context, part), marker);
    },
    async apply({ connection }, reporter) {
      const wanted = await content(context, part);
      await sendBlobs(bundleBlobs(context), connection, wanted, reporter);
      await writeLinks(connection, wanted, marker);
    },
  });
}

/** A further control plane takes the content that it does not hold yet from the first one over the local network. */
function copyStep(context: InstallContext, host: HostEntry, source: HostEntry): Step {
  const all = (): Promise<RegistryContent> => wholeContent(context);
  return hostStep(context, {
    id: 'registry/copy',
    host: host.name,
    title: `Copy the registry from ${source.name}`,
    kind: 'host',
    after: [`registry/service@${host.name}`, `registry/images@${source.name}`, `containerd/service@${host.name}`],
    async probe({ connection }) {
      return holds(connection, await all(), 'registry-copy');
    },
    async apply({ connection }, reporter) {
      const wanted = await all();
      const total = wanted.blobs.reduce((sum, blob) => sum + blob.size, 0);
      const list = wanted.blobs
        .map((blob) => `${blob.repository} ${blob.digest.replace('sha256:', '')} ${blob.size}\n`)
        .join('');
      let copied = 0;
      await connection.check(
        `Copy images from ${source.name}`,
        await readAsset('hosts/registry-copy.sh'),
        [hostPaths.registryStorage, `${source.address}:${context.document.registry.port}`],
        {
          stdin: list,
          signal: reporter.signal,
          onLine: (line) => {
            copied += Number(/^copied (\d+)$/.exec(line)?.[1] ?? 0);
            reporter.progress(copied, total, 'bytes');
          },
        },
      );
      await writeLinks(connection, wanted, 'registry-copy');
    },
  });
}

/** A further control plane takes the registry's program from the first one's registry. */
function programStep(context: InstallContext, host: HostEntry, first: HostEntry): Step {
  const wanted = (architecture: Architecture): RegistryFile => ({
    file: context.bundle.file('registry', architecture),
    target: hostPaths.programs,
    strip: 0,
    members: ['registry'],
    proof: `${hostPaths.programs}/registry`,
  });
  return hostStep(context, {
    id: 'registry/program',
    host: host.name,
    title: `Get the registry from ${first.name}`,
    // It is needed when a control plane is lost, not before there are any, so it waits for the cluster.
    after: [`verification/cluster@${first.name}`, `registry/images@${first.name}`],
    probe: ({ connection, facts }) => hasRegistryFiles(connection, [wanted(facts.architecture)]),
    apply: ({ connection, facts }, reporter) =>
      fetchRegistryFile(connection, wanted(facts.architecture), true, reporter.signal),
  });
}

/** The registry of one control plane: program, settings, service, content. */
export function registry(context: InstallContext, host: HostEntry): readonly Step[] {
  const first = firstControlPlane(context.document);
  const port = context.document.registry.port;
  const filesOf = async (): Promise<readonly PlacedFile[]> => {
    const pair = await context.pki.registryCertificate(host);
    return [
      { path: registryFiles.certificate, content: pair.certificate, mode: 0o644 },
      { path: registryFiles.key, content: pair.key, mode: 0o600 },
      ...settings,
    ];
  };
  const settings: readonly PlacedFile[] = [
    { path: `${folder}/config.yml`, content: configuration(port), mode: 0o600 },
    { path: `/etc/systemd/system/${unit}`, content: unitText, mode: 0o644 },
  ];
  const logins = [{ user: registryUser, password: context.secrets.registryPassword }];
  const service = hostStep(context, {
    id: 'registry/service',
    host: host.name,
    title: 'Start the registry',
    after: [host.name === first.name ? `registry/upload@${host.name}` : `registry/program@${host.name}`],
    async probe({ connection }) {
      const [running, known] = await Promise.all([
        hasFiles(connection, await filesOf(), `systemctl is-active --quiet ${unit}`),
        connection.readFile(registryFiles.users),
      ]);
      return running && (await acceptsLogins(known, logins));
    },
    async apply({ connection }) {
      await requireFreePort(connection, port, 'the registry', [unit]);
      await placeFiles(connection, await filesOf());
      await recordedWriteFile(connection, registryFiles.users, await loginsText(logins), 0o600);
      const hasMirrors = await connection.readFile(`${hostPaths.containerdMirrors}/_default/hosts.toml`);
      const copy = copyMirror(context, `${registryUser}:${context.secrets.registryPassword}`);
      if (hasMirrors !== undefined) await recordedWriteFile(connection, copy.path, copy.content, copy.mode);
      await restartRegistry(connection, port);
    },
  });
  const program =
    host.name === first.name
      ? uploadedFile(context, host, 'registry', { title: 'Send the registry', strip: 0, members: ['registry'] })
      : programStep(context, host, first);
  const content =
    host.name === first.name
      ? [
          importStep(context, host, 'essentials', [`registry/service@${host.name}`]),
          importStep(context, host, 'cluster', [`registry/essentials@${host.name}`]),
          importStep(context, host, 'images', [`registry/cluster@${host.name}`, `kubernetes/init@${host.name}`]),
        ]
      : [copyStep(context, host, first)];
  return [program, { ...service, after: [...service.after, `containerd/service@${host.name}`] }, ...content];
}
