import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { must, run } from '../hosts/command.ts';
import { storedImage } from './build.ts';
import { type ImageRecipe, imageRecipes } from './recipes.ts';
import { blobPath } from './store.ts';

type Trial = {
  /** Start of the image's name. */
  readonly image: string;
  /** Run in the image's root, in namespaces of its own for network, processes and mounts. */
  readonly command: readonly string[];
  readonly expected: RegExp;
  /** How long a server runs until it is ended; 60 unless set. */
  readonly seconds?: number;
  /** Files that are put into the root before; readable by all. */
  readonly files?: Readonly<Record<string, string>>;
};

const shell = (script: string) => ['/bin/sh', '-euc', script];

const mariadbTrial = `
printf '%s' "it's \\\\ \\"\\$ secret" >/run/password
MARIADB_ROOT_PASSWORD_FILE=/run/password MARIADB_DATABASE=shop MARIADB_USER=clerk MARIADB_PASSWORD='p\\w '"'"'x' docker-entrypoint.sh mariadbd >/tmp/log 2>&1 &
attempt=0
until mariadb -h 127.0.0.1 -uclerk -p'p\\w '"'"'x' shop -e 'select 1' >/dev/null 2>&1; do
  attempt=$((attempt + 1)); [ $attempt -lt 120 ] || { cat /tmp/log; exit 1; }; sleep 0.5
done
mariadb -h 127.0.0.1 -uclerk -p'p\\w '"'"'x' shop -e 'create table t (n int) engine=innodb; insert into t values (42); select n from t'
mariadb -h 127.0.0.1 -uroot -p"$(cat /run/password)" -e 'select user()'
mariadb -h 127.0.0.1 -uroot -e 'select 1' && echo EMPTY PASSWORD ACCEPTED
ps -o user,comm | grep mariadbd
[ ! -e /var/lib/mysql/.initialising ]
`;

const valkeyTrial = `
cd /data
docker-entrypoint.sh valkey-server --requirepass secret --appendonly yes >/tmp/log 2>&1 &
for attempt in $(seq 50); do REDISCLI_AUTH=secret valkey-cli ping 2>/dev/null | grep -q PONG && break; sleep 0.1; done
REDISCLI_AUTH=secret valkey-cli set key value
REDISCLI_AUTH=secret valkey-cli get key
valkey-cli get key
ps -o user,comm | grep valkey-server
`;

const haproxyConfiguration = `global
  log stdout format raw local0 notice
defaults
  mode tcp
  timeout connect 1s
  timeout client 1s
  timeout server 1s
frontend api
  bind 127.0.0.1:6444
  default_backend planes
backend planes
  option httpchk
  http-check send meth GET uri /readyz ver HTTP/1.1 hdr host localhost
  server one 127.0.0.1:6443 check inter 100 fall 1 check-ssl verify none
`;

const iptablesTrial = `
iptables --version
iptables -t nat -A POSTROUTING -s 10.1.0.0/16 -m comment --comment 'a test' -j MASQUERADE --random-fully
iptables-save -t nat | grep MASQUERADE
printf '*nat\\n:KUBE-SERVICES - [0:0]\\n-A KUBE-SERVICES -m statistic --mode random --probability 0.5 -j RETURN\\nCOMMIT\\n' | iptables-restore --noflush -w 5
ip6tables -t filter -A INPUT -p tcp --dport 80 -j REJECT
iptables-nft-save -t nat | grep KUBE-SERVICES
readlink /usr/sbin/iptables
conntrack --version; ipset --version; nft --version
`;

const trials: readonly Trial[] = [
  { image: 'registry.k8s.io/pause', command: ['/pause'], expected: /^exit 124$/m, seconds: 1 },
  {
    image: 'registry.k8s.io/kube-apiserver',
    command: ['kube-apiserver', '--version'],
    expected: /^Kubernetes v1\.36\.3$/m,
  },
  {
    image: 'registry.k8s.io/kube-controller-manager',
    command: ['kube-controller-manager', '--version'],
    expected: /^Kubernetes v1\.36\.3$/m,
  },
  {
    image: 'registry.k8s.io/kube-scheduler',
    command: ['kube-scheduler', '--version'],
    expected: /^Kubernetes v1\.36\.3$/m,
  },
  { image: 'registry.k8s.io/kube-proxy', command: ['kube-proxy', '--version'], expected: /^Kubernetes v1\.36\.3$/m },
  {
    image: 'registry.k8s.io/kube-proxy',
    command: shell(iptablesTrial),
    expected: /nf_tables[\s\S]*xtables-nft-multi[\s\S]*nftables v/,
  },
  {
    image: 'registry.k8s.io/kube-proxy',
    command: shell(
      'ln -sf iptables-wrapper /usr/sbin/iptables; iptables-legacy -t mangle -N KUBE-IPTABLES-HINT; iptables --version; readlink /usr/sbin/iptables',
    ),
    expected: /\(legacy\)\nxtables-legacy-multi/,
  },
  { image: 'registry.k8s.io/etcd', command: ['etcd', '--version'], expected: /etcd Version: 3\.6\.8/ },
  { image: 'registry.k8s.io/etcd', command: ['etcdctl', 'version'], expected: /etcdctl version: 3\.6\.8/ },
  { image: 'registry.k8s.io/etcd', command: ['etcdutl', 'version'], expected: /etcdutl version: 3\.6\.8/ },
  // As an ordinary user on port 53, by the capability of its file.
  {
    image: 'registry.k8s.io/coredns/coredns',
    command: ['/coredns', '-conf', '/Corefile'],
    expected: /^\.:53\n[\s\S]*CoreDNS-1\.14\.2/m,
    seconds: 2,
    files: { Corefile: '.:53 {\n  whoami\n}\n' },
  },
  { image: 'docker.io/library/haproxy', command: ['haproxy', '-v'], expected: /version 2\.6\.12/ },
  {
    image: 'docker.io/library/haproxy',
    command: ['haproxy', '-W', '-db', '-f', '/usr/local/etc/haproxy/haproxy.cfg'],
    expected: /Server planes\/one is DOWN/,
    seconds: 2,
    files: { 'usr/local/etc/haproxy/haproxy.cfg': haproxyConfiguration },
  },
  { image: 'docker.io/ednxzu/keepalived', command: ['keepalived', '--version'], expected: /Keepalived v2\.2\.7/ },
  { image: 'ghcr.io/flannel-io/flannel:', command: ['/opt/bin/flanneld', '--version'], expected: /v0\.28\.4/ },
  {
    image: 'ghcr.io/flannel-io/flannel:',
    command: shell(iptablesTrial),
    expected: /nf_tables[\s\S]*xtables-nft-multi/,
  },
  {
    image: 'ghcr.io/flannel-io/flannel-cni-plugin',
    command: shell(
      'cp -f /flannel /tmp/flannel && /tmp/flannel </dev/null; CNI_COMMAND=VERSION /tmp/flannel </dev/null',
    ),
    expected: /"supportedVersions"/,
  },
  {
    image: 'docker.io/rancher/local-path-provisioner',
    command: ['local-path-provisioner', '--help'],
    expected: /provisioner/i,
  },
  {
    image: 'docker.io/library/busybox',
    command: shell('id; ls -ld /tmp; wget --help 2>&1 | head -1'),
    expected: /root[\s\S]*drwxrwxrwt[\s\S]*BusyBox v1\.35/,
  },
  {
    image: 'docker.io/library/mariadb',
    command: shell(mariadbTrial),
    expected: /42[\s\S]*root@[\s\S]*mysql +mariadbd/,
  },
  {
    image: 'docker.io/valkey/valkey',
    command: shell(valkeyTrial),
    expected: /OK\nvalue\n[\s\S]*NOAUTH[\s\S]*valkey +valkey-server/,
  },
  {
    image: 'docker.io/library/nginx',
    command: shell(
      "nginx -v; nginx -g 'daemon off;' & for n in 1 2 3 4 5 6 7 8 9; do wget -qO- http://127.0.0.1/ && break; sleep 0.2; done; kill $!",
    ),
    expected: /nginx\/1\.22\.1[\s\S]*Welcome to nginx/,
  },
];

async function unpack(recipe: ImageRecipe, root: string): Promise<void> {
  const image = await storedImage(recipe);
  if (image === undefined) throw new Error(`${recipe.name} is not built`);
  await mkdir(root);
  for (const layer of image.layers) {
    const command = [
      'tar',
      '--extract',
      '--gzip',
      '--numeric-owner',
      '--same-permissions',
      '--xattrs',
      '--xattrs-include=*',
    ];
    await must([...command, '--directory', root, '--file', blobPath(layer.sha256)]);
  }
}

// A /dev of its own: what an image does as root there must not reach the machine's.
const enter = `
root=$1 seconds=$2 user=$3; shift 3
ip link set lo up
mkdir -p "$root/proc" "$root/dev" "$root/tmp"
mount -t proc proc "$root/proc"
mount -t tmpfs tmpfs "$root/dev"
mknod -m 666 "$root/dev/null" c 1 3
mknod -m 666 "$root/dev/zero" c 1 5
mknod -m 666 "$root/dev/random" c 1 8
mknod -m 666 "$root/dev/urandom" c 1 9
ln -s /proc/self/fd "$root/dev/fd"
ln -s /proc/self/fd/1 "$root/dev/stdout"
ln -s /proc/self/fd/2 "$root/dev/stderr"
env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
  sh -c 'seconds=$1; shift; timeout "$seconds" chroot "$@" 2>&1; echo "exit $?"' sh \\
  "$seconds" --userspec="$user" "$root" "$@" | cat
`;

async function inRoot(root: string, recipe: ImageRecipe, trial: Trial): Promise<string> {
  for (const [file, content] of Object.entries(trial.files ?? {})) await writeFile(path.join(root, file), content);
  const { User } = recipe.configuration;
  const output = await run(
    [
      ...['unshare', '--mount', '--net', '--pid', '--fork', '--kill-child', 'sh', '-euc', enter, 'sh'],
      ...[root, String(trial.seconds ?? 60), User ?? '0:0', ...trial.command],
    ],
    { timeout: 120_000 },
  );
  return `${output.stdout}\n${output.stderr}`;
}

const directory = await mkdtemp(path.join(tmpdir(), 'landfall-images-'));
let failed = 0;
try {
  for (const [index, recipe] of imageRecipes.entries()) {
    const root = path.join(directory, String(index));
    await unpack(recipe, root);
    const size = (await must(['du', '--summarize', '--bytes', root])).split('\t')[0];
    const image = await storedImage(recipe);
    const compressed = image?.layers.reduce((total, layer) => total + layer.size, 0) ?? 0;
    console.log(`${recipe.name}: ${(compressed / 1e6).toFixed(1)} MB, unpacked ${(Number(size) / 1e6).toFixed(1)} MB`);
    const wanted = await readFile(path.join(root, 'etc/passwd'), 'utf8').catch(() => '');
    const user = recipe.configuration.User?.split(':')[0];
    if (user !== undefined && !/^\d+$/.test(user) && !wanted.includes(`${user}:`)) throw new Error(`no user ${user}`);
    for (const trial of trials.filter((candidate) => recipe.name.startsWith(candidate.image))) {
      const said = await inRoot(root, recipe, trial);
      const passed = trial.expected.test(said) && !said.includes('EMPTY PASSWORD ACCEPTED');
      if (!passed) failed += 1;
      console.log(passed ? `  ok ${trial.expected}` : `  FAILED ${trial.expected}\n${said}`);
    }
  }
} finally {
  await rm(directory, { recursive: true, force: true });
}
console.log(failed === 0 ? 'every image starts' : `${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
