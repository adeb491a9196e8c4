import { readAsset } from '../assets.ts';
import type { Bundle, BundleFile, FileRole } from '../bundle/contents.ts';
import type { HostEntry } from '../cluster/document.ts';
import { registryUser } from '../cluster/secrets.ts';
import type { Step } from '../engine/step.ts';
import { LandfallError } from '../errors.ts';
import type { HostFacts } from '../hosts/facts.ts';
import { hasFiles, type PlacedFile, placeFiles } from '../hosts/placed-files.ts';
import { type ConnectedHost, controlPlanes, firstControlPlane, type InstallContext } from './context.ts';
import { hostStep } from './host-step.ts';
import { bundleDomain, hostPaths } from './paths.ts';

const unitFile = '/etc/systemd/system/containerd.service';
const scopeFile = '/etc/systemd/system/cri-containerd-.scope.d/landfall.conf';
const configurationFile = '/etc/containerd/config.toml';

/** Configuration of containerd 2 (version 3 of its format), with what this host needs. */
export function containerdConfiguration(facts: HostFacts, pauseImage: string): string {
  return `# Written by Landfall.
version = 3

[plugins.'io.containerd.cri.v1.images']
  discard_unpacked_layers = true
  max_concurrent_downloads = 6
  [plugins.'io.containerd.cri.v1.images'.pinned_images]
    sandbox = '${pauseImage}'
  [plugins.'io.containerd.cri.v1.images'.registry]
    config_path = '${hostPaths.containerdMirrors}'

[plugins.'io.containerd.cri.v1.runtime']
  restrict_oom_score_adj = ${facts.canLowerOomScore ? 'false' : 'true'}
  [plugins.'io.containerd.cri.v1.runtime'.cni]
    bin_dirs = ['${hostPaths.networkPlugins}']
    conf_dir = '/etc/cni/net.d'
  [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
    runtime_type = 'io.containerd.runc.v2'
    [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
      BinaryName = '${hostPaths.programs}/runc'
      SystemdCgroup = true
`;
}

/**
 * runc keeps the scopes of containers out of the order in which a machine goes down, so that they would be killed at the very
 * end, a minute and a half after they were asked. They end after the kubelet, which would start them anew, and before containerd.
 */
const scopeSettings = `# Written by Landfall.
[Unit]
Conflicts=shutdown.target
Before=shutdown.target kubelet.service
After=containerd.service

[Scope]
TimeoutStopSec=30
`;

/** The service of containerd. KillMode=process keeps containers alive over a restart of containerd. */
export function containerdUnit(facts: HostFacts): string {
  return `[Unit]
Description=containerd container runtime (Landfall)
After=network.target local-fs.target

[Service]
ExecStart=${hostPaths.programs}/containerd
Environment=PATH=${hostPaths.programs}:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin
# Shims write there for every command in a container, and /tmp may be read-only.
Environment=TMPDIR=/run/containerd
Type=notify
Delegate=yes
KillMode=process
Restart=always
RestartSec=2
TimeoutStopSec=20
LimitNPROC=infinity
LimitCORE=infinity
LimitNOFILE=${Math.min(facts.openFilesLimit, 1_048_576)}
TasksMax=infinity

[Install]
WantedBy=multi-user.target
`;
}

/**
 * Where containerd finds an image name: at the registries of the control planes, nearest first, and nowhere else. The
 * last one stands as the `server` too, because containerd would otherwise fall back to the name's public owner.
 * Format: https://github.com/containerd/containerd/blob/main/docs/hosts.md
 */
export function mirrorFile(
  addresses: readonly string[],
  port: number,
  prefix: string | undefined,
  credentials: string,
): string {
  const suffix = prefix === undefined ? '' : `/v2/${prefix}`;
  const path = prefix === undefined ? '' : 'override_path = true\n';
  const authorization = `Authorization = ["Basic ${Buffer.from(credentials).toString('base64')}"]\n`;
  // A machine without power answers nothing; unless told, containerd waits half a minute for it at every request.
  const authority = `ca = "${hostPaths.configuration}/registry-ca.crt"\ndial_timeout = "2s"\n`;
  const entries = addresses.map((address) => {
    const url = `https://${address}:${port}${suffix}`;
    return `[host."${url}"]\ncapabilities = ["pull", "resolve"]\n${authority}${path}[host."${url}".header]\n${authorization}`;
  });
  const [fallback = ''] = addresses;
  return `server = "https://${fallback}:${port}${suffix}"\n${authority}${path}[header]\n${authorization}\n${entries.join('\n')}`;
}

/** Registry domains named by the bundle's images, each of which gets its own mirror file. */
function imageDomains(context: InstallContext): readonly string[] {
  return [...new Set(context.bundle.images.map((image) => image.name.split('/')[0] ?? ''))].filter(
    (domain) => domain !== '',
  );
}

function nearestRegistries(context: InstallContext, host: HostEntry): readonly string[] {
  const planes = controlPlanes(context.document);
  const own = planes.findIndex((plane) => plane.name === host.name);
  const position = own >= 0 ? own : context.document.hosts.indexOf(host) % planes.length;
  return [...planes.slice(position), ...planes.slice(0, position)].map((plane) => plane.address);
}

/** The mirror files of a host. `credentials` is `USER:PASSWORD`; containerd reads the files anew for every pull. */
export function mirrorFiles(context: InstallContext, host: HostEntry, credentials: string): readonly PlacedFile[] {
  const registries = nearestRegistries(context, host);
  const file = (folder: string, prefix: string | undefined): PlacedFile => ({
    path: `${hostPaths.containerdMirrors}/${folder}/hosts.toml`,
    content: mirrorFile(registries, context.document.registry.port, prefix, credentials),
    mode: 0o600,
  });
  return [
    ...imageDomains(context).map((domain) => file(domain, domain)),
    file(bundleDomain, bundleDomain),
    file('_default', undefined),
  ];
}

/** Reads a file of the bundle to its end, which proves it. */
async function readThrough(bundle: Bundle, file: BundleFile): Promise<void> {
  for await (const _ of bundle.openFile(file));
}

/** Sends an archive or program of the bundle to a host and unpacks it; done when the marker names the same content. */
export function uploadedFile(
  context: InstallContext,
  host: HostEntry,
  role: FileRole,
  options: {
    readonly title: string;
    readonly strip: number;
    readonly members: readonly string[];
    /** More steps to wait for than the host's own preparation. */
    readonly after?: readonly string[];
  },
): Step {
  const marker = `${hostPaths.markers}/${role}`;
  const target = (file: BundleFile) => (file.archive ? hostPaths.programs : `${hostPaths.programs}/${role}`);
  return hostStep(context, {
    id: `${role}/upload`,
    host: host.name,
    title: options.title,
    kind: 'upload',
    after: [`prepare/kernel@${host.name}`, ...(options.after ?? [])],
    async probe({ connection, facts }) {
      const file = context.bundle.file(role, facts.architecture);
      const script = '[ "$(cat "$1" 2>/dev/null)" = "$2" ] && [ -x "$3" ]';
      return (await connection.run(script, [marker, file.sha256, `${hostPaths.programs}/${role}`])).exitCode === 0;
    },
    async apply({ connection, facts }, reporter) {
      const file = context.bundle.file(role, facts.architecture);
      const staged = `${hostPaths.state}/${role}.upload`;
      await connection.check('Make folders', 'mkdir -p "$@"', [hostPaths.state, hostPaths.markers, hostPaths.programs]);
      const sending = connection.upload({
        target: file.archive ? staged : target(file),
        mode: 0o755,
        size: file.size,
        sha256: file.sha256,
        open: (offset) => context.bundle.filePieces(file, offset),
        onProgress: (sent) => reporter.progress(sent, file.size, 'bytes'),
        signal: reporter.signal,
      });
      await sending.catch(async (error: unknown) => {
        // The host found another content: if the bundle is to blame, that is what a person has to know.
        if (error instanceof LandfallError && error.code === 'UPLOAD_HASH') await readThrough(context.bundle, file);
        throw error;
      });
      if (!file.archive) return connection.writeFile(marker, file.sha256, 0o644);
      const unpack = await readAsset('hosts/unpack.sh');
      await connection.check(`Unpack ${role}`, `exec <"$1"; rm -f "$1"; shift; ${unpack}`, [
        staged,
        hostPaths.programs,
        marker,
        file.sha256,
        String(options.strip),
        ...options.members,
      ]);
    },
  });
}

/** containerd and runc are the only things every host gets from the operator; the rest it pulls itself. */
export function containerRuntime(context: InstallContext, host: HostEntry): readonly Step[] {
  const pause =
    context.bundle.images.find((image) => image.name.includes('/pause:'))?.name ?? 'registry.k8s.io/pause:3.10.2';
  const credentials = `${registryUser}:${context.secrets.registryPassword}`;
  // Nobody can do anything before the first registry holds what all need, so everything else makes way for it.
  const first = firstControlPlane(context.document).name;
  const after = host.name === first ? [] : [`registry/essentials@${first}`];
  const files = (connected: ConnectedHost): readonly PlacedFile[] => [
    { path: configurationFile, content: containerdConfiguration(connected.facts, pause), mode: 0o644 },
    { path: unitFile, content: containerdUnit(connected.facts), mode: 0o644 },
    { path: scopeFile, content: scopeSettings, mode: 0o644 },
    { path: `${hostPaths.configuration}/registry-ca.crt`, content: context.pki.registryAuthority, mode: 0o644 },
    ...mirrorFiles(context, host, credentials),
  ];
  return [
    uploadedFile(context, host, 'containerd', {
      title: 'Send and unpack containerd',
      strip: 1,
      members: ['bin/containerd', 'bin/containerd-shim-runc-v2', 'bin/ctr'],
      after,
    }),
    uploadedFile(context, host, 'runc', { title: 'Send runc', strip: 0, members: [], after }),
    hostStep(context, {
      id: 'containerd/service',
      host: host.name,
      title: 'Start containerd',
      after: [`containerd/upload@${host.name}`, `runc/upload@${host.name}`],
      async probe(connected) {
        const { connection } = connected;
        const runs = 'systemctl is-active --quiet containerd && systemctl is-enabled --quiet containerd';
        return hasFiles(connection, files(connected), runs);
      },
      async apply(connected) {
        const { connection } = connected;
        await placeFiles(connection, files(connected));
        await connection.check(
          'Start containerd',
          'systemctl daemon-reload && systemctl enable --quiet containerd && systemctl restart containerd',
        );
      },
      async verify({ connection }) {
        await connection.check('Ask containerd for its version', `${hostPaths.programs}/ctr version >/dev/null`);
      },
    }),
  ];
}
