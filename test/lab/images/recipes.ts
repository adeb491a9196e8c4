import { versions } from '../components/recipes.ts';
import type { Layer } from './layers.ts';
import {
  iptablesWrapper,
  mariadbEntrypoint,
  nginxConfiguration,
  nginxDefaultSite,
  valkeyEntrypoint,
} from './scripts.ts';

/** Configuration of an image, with the names of the OCI specification. */
export type ImageConfiguration = {
  readonly Entrypoint?: readonly string[];
  readonly Cmd?: readonly string[];
  readonly Env?: readonly string[];
  readonly User?: string;
  readonly WorkingDir?: string;
  readonly StopSignal?: string;
  readonly ExposedPorts?: Readonly<Record<string, Readonly<Record<string, never>>>>;
  readonly Volumes?: Readonly<Record<string, Readonly<Record<string, never>>>>;
};

/** An image under its upstream name and tag; programs, users and entrypoint are where upstream's image has them. */
export type ImageRecipe = {
  readonly name: string;
  readonly layers: readonly Layer[];
  readonly configuration: ImageConfiguration;
};

const searchPath = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

type User = { readonly name: string; readonly uid: number; readonly gid: number; readonly home: string };

function accounts(...users: readonly User[]): NonNullable<Layer['files']> {
  const all: readonly User[] = [
    { name: 'root', uid: 0, gid: 0, home: '/root' },
    { name: 'nobody', uid: 65534, gid: 65534, home: '/nonexistent' },
    { name: 'nonroot', uid: 65532, gid: 65532, home: '/home/nonroot' },
    ...users,
  ];
  return {
    'etc/passwd': {
      content: all.map((user) => `${user.name}:x:${user.uid}:${user.gid}:${user.name}:${user.home}:/bin/sh\n`).join(''),
    },
    'etc/group': { content: all.map((user) => `${user.name}:x:${user.gid}:\n`).join('') },
  };
}

const base: Layer = {
  files: { ...accounts(), 'etc/nsswitch.conf': { content: 'hosts: files dns\n' } },
  folders: {
    root: { mode: 0o700 },
    run: {},
    tmp: { mode: 0o1777 },
    'usr/bin': {},
    'usr/lib': {},
    'usr/lib64': {},
    'usr/sbin': {},
    'var/tmp': { mode: 0o1777 },
  },
  links: { bin: 'usr/bin', lib: 'usr/lib', lib64: 'usr/lib64', sbin: 'usr/sbin', 'var/run': '/run' },
};

const commands =
  `[ ash awk basename cat chgrp chmod chown cp cut date dd df dirname du echo env expr false find grep gunzip gzip
head hostname id ip kill ln ls mkdir mkfifo mknod mktemp modprobe mount mv nc netstat nslookup od ping printf ps pwd
readlink realpath rm rmdir route sed seq sh sha256sum sleep sort stat stty su sync tail tar tee telnet test time timeout touch tr
traceroute true tty umount uname uniq unlink uptime vi wc wget which who whoami xargs yes`.split(/\s+/);

const shell: Layer = {
  debian: { suite: 'bookworm', packages: ['busybox-static'], include: ['usr/bin/busybox'] },
  links: Object.fromEntries(commands.map((name) => [`usr/bin/${name}`, 'busybox'])),
};

const iptablesNames = ['iptables', 'ip6tables'].flatMap((name) => [name, `${name}-save`, `${name}-restore`]);

const iptables: Layer = {
  debian: {
    suite: 'bookworm',
    packages: ['iptables', 'nftables', 'conntrack', 'ipset'],
    include: [
      'usr/sbin/xtables-nft-multi',
      'usr/sbin/xtables-legacy-multi',
      'usr/lib/x86_64-linux-gnu/xtables',
      'usr/sbin/nft',
      'usr/sbin/conntrack',
      'usr/sbin/ipset',
    ],
  },
  files: { 'usr/sbin/iptables-wrapper': { content: iptablesWrapper, mode: 0o755 } },
  links: {
    ...Object.fromEntries(iptablesNames.map((name) => [`usr/sbin/${name}`, 'iptables-wrapper'])),
    ...Object.fromEntries(
      ['nft', 'legacy'].flatMap((mode) =>
        iptablesNames.map((name) => [`usr/sbin/${name.replace('tables', `tables-${mode}`)}`, `xtables-${mode}-multi`]),
      ),
    ),
  },
};

function program(component: string, name: string, folder = 'usr/local/bin'): Layer {
  return { programs: { [`${folder}/${name}`]: { component, program: name } } };
}

function controlPlane(name: string): ImageRecipe {
  return {
    name: `registry.k8s.io/${name}:v${versions.kubernetes}`,
    layers: [base, program('kubernetes', name)],
    configuration: { Cmd: [name], Env: [searchPath] },
  };
}

// The capability to bind ports below 1024, permitted and effective: what `setcap cap_net_bind_service=+ep` writes.
const bindService =
  '\u0001\u0000\u0000\u0002\u0000\u0004\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000';

export const imageRecipes: readonly ImageRecipe[] = [
  {
    name: `registry.k8s.io/pause:${versions.pause}`,
    layers: [{ programs: { pause: { component: 'pause', program: 'pause' } } }],
    configuration: { Entrypoint: ['/pause'], Env: [searchPath], User: '65535:65535' },
  },
  {
    name: `registry.k8s.io/kube-proxy:v${versions.kubernetes}`,
    layers: [base, shell, iptables, program('kubernetes', 'kube-proxy')],
    configuration: { Cmd: ['kube-proxy'], Env: [searchPath] },
  },
  {
    name: `registry.k8s.io/etcd:${versions.etcd}-0`,
    layers: [
      base,
      {
        programs: Object.fromEntries(
          ['etcd', 'etcdctl', 'etcdutl'].map((name) => [`usr/local/bin/${name}`, { component: name, program: name }]),
        ),
      },
    ],
    configuration: { Cmd: ['etcd'], Env: [searchPath], ExposedPorts: { '2379/tcp': {}, '2380/tcp': {} } },
  },
  controlPlane('kube-apiserver'),
  controlPlane('kube-controller-manager'),
  controlPlane('kube-scheduler'),
  {
    name: 'docker.io/library/haproxy:2.6.12',
    layers: [
      base,
      {
        debian: { suite: 'bookworm', packages: ['haproxy'], include: ['usr/sbin/haproxy'] },
        files: accounts({ name: 'haproxy', uid: 99, gid: 99, home: '/var/lib/haproxy' }),
        folders: { 'usr/local/etc/haproxy': {}, 'var/lib/haproxy': { uid: 99, gid: 99 } },
        links: { 'usr/local/sbin/haproxy': '/usr/sbin/haproxy' },
      },
    ],
    configuration: {
      Cmd: ['haproxy', '-f', '/usr/local/etc/haproxy/haproxy.cfg'],
      Env: [searchPath],
      User: 'haproxy',
      WorkingDir: '/var/lib/haproxy',
      StopSignal: 'SIGUSR1',
    },
  },
  {
    name: 'docker.io/ednxzu/keepalived:2.2.7',
    layers: [
      base,
      shell,
      {
        debian: { suite: 'bookworm', packages: ['keepalived'], include: ['usr/sbin/keepalived'] },
        folders: { 'etc/keepalived': {} },
      },
    ],
    configuration: {
      Cmd: ['keepalived', '--dont-fork', '--log-console', '--use-file', '/etc/keepalived/keepalived.conf'],
      Env: [searchPath],
    },
  },
  {
    name: `ghcr.io/flannel-io/flannel:v${versions.flannel}`,
    layers: [base, shell, iptables, program('flannel', 'flanneld', 'opt/bin')],
    configuration: { Entrypoint: ['/opt/bin/flanneld'], Env: [searchPath] },
  },
  {
    name: `ghcr.io/flannel-io/flannel-cni-plugin:v${versions.networkPlugins}-flannel1`,
    layers: [base, shell, { programs: { flannel: { component: 'flannel-plugin', program: 'flannel' } } }],
    configuration: { Cmd: ['/bin/sh'], Env: [searchPath] },
  },
  {
    name: `registry.k8s.io/coredns/coredns:v${versions.coredns}`,
    layers: [
      base,
      {
        programs: { coredns: { component: 'coredns', program: 'coredns' } },
        extended: { coredns: { 'SCHILY.xattr.security.capability': bindService } },
      },
    ],
    configuration: {
      Entrypoint: ['/coredns'],
      Env: [searchPath],
      User: 'nonroot:nonroot',
      WorkingDir: '/',
      ExposedPorts: { '53/tcp': {}, '53/udp': {} },
    },
  },
  {
    name: `docker.io/rancher/local-path-provisioner:v${versions.localPath}`,
    layers: [base, shell, program('local-path-provisioner', 'local-path-provisioner', 'usr/bin')],
    configuration: { Cmd: ['local-path-provisioner'], Env: [searchPath] },
  },
  {
    name: 'docker.io/library/busybox:1.35.0',
    layers: [base, shell],
    configuration: { Cmd: ['sh'], Env: [searchPath] },
  },
  {
    name: 'docker.io/library/mariadb:10.11',
    layers: [
      base,
      shell,
      {
        debian: {
          suite: 'bookworm',
          packages: ['mariadb-server'],
          include: [
            'usr/sbin/mariadbd',
            'usr/bin/mariadb',
            'usr/bin/mariadb-admin',
            'usr/bin/mariadb-check',
            'usr/bin/mariadb-dump',
            'usr/bin/mariadb-install-db',
            'usr/bin/mariadb-upgrade',
            'usr/bin/my_print_defaults',
            'usr/bin/resolveip',
            'usr/lib/mysql/plugin/auth_ed25519.so',
            'usr/share/mysql',
          ],
          exclude: ['usr/share/mysql/debian', 'usr/share/mysql/errmsg-utf8.txt', 'usr/share/mysql/mini-benchmark'],
        },
        files: {
          ...accounts({ name: 'mysql', uid: 999, gid: 999, home: '/var/lib/mysql' }),
          'etc/mysql/my.cnf': {
            content: '[client-server]\nsocket = /run/mysqld/mysqld.sock\n\n!includedir /etc/mysql/conf.d/\n',
          },
          'etc/mysql/conf.d/container.cnf': {
            content: '[mariadbd]\nbind-address = *\nhost-cache-size = 0\nskip-name-resolve\ndatadir = /var/lib/mysql\n',
          },
          'usr/local/bin/docker-entrypoint.sh': { content: mariadbEntrypoint, mode: 0o755 },
        },
        folders: {
          'var/lib/mysql': { uid: 999, gid: 999 },
          'run/mysqld': { uid: 999, gid: 999, mode: 0o1777 },
        },
        links: {
          'usr/bin/mysql': 'mariadb',
          'usr/bin/mysqladmin': 'mariadb-admin',
          'usr/bin/mysqldump': 'mariadb-dump',
          'usr/sbin/mysqld': 'mariadbd',
        },
      },
    ],
    configuration: {
      Entrypoint: ['docker-entrypoint.sh'],
      Cmd: ['mariadbd'],
      Env: [searchPath, 'LANG=C.UTF-8'],
      ExposedPorts: { '3306/tcp': {} },
      Volumes: { '/var/lib/mysql': {} },
    },
  },
  {
    name: 'docker.io/valkey/valkey:8.1',
    layers: [
      base,
      shell,
      {
        debian: {
          suite: 'trixie',
          packages: ['valkey-server', 'valkey-tools', 'util-linux'],
          include: ['usr/bin/valkey-server', 'usr/bin/valkey-cli', 'usr/bin/valkey-benchmark', 'usr/bin/setpriv'],
        },
        files: {
          ...accounts({ name: 'valkey', uid: 999, gid: 1000, home: '/data' }),
          'usr/local/bin/docker-entrypoint.sh': { content: valkeyEntrypoint, mode: 0o755 },
        },
        folders: { data: { uid: 999, gid: 1000 } },
      },
    ],
    configuration: {
      Entrypoint: ['docker-entrypoint.sh'],
      Cmd: ['valkey-server'],
      Env: [searchPath],
      WorkingDir: '/data',
      ExposedPorts: { '6379/tcp': {} },
      Volumes: { '/data': {} },
    },
  },
  {
    name: 'docker.io/library/nginx:1.22.1',
    layers: [
      base,
      shell,
      {
        debian: {
          suite: 'bookworm',
          packages: ['nginx'],
          include: ['usr/sbin/nginx', 'usr/share/nginx/html', 'etc/nginx/mime.types', 'etc/nginx/fastcgi_params'],
        },
        files: {
          ...accounts({ name: 'nginx', uid: 101, gid: 101, home: '/nonexistent' }),
          'etc/nginx/nginx.conf': { content: nginxConfiguration },
          'etc/nginx/conf.d/default.conf': { content: nginxDefaultSite },
        },
        folders: { 'var/lib/nginx': {}, 'var/log/nginx': {} },
        links: { 'var/log/nginx/access.log': '/dev/stdout', 'var/log/nginx/error.log': '/dev/stderr' },
      },
    ],
    configuration: {
      Cmd: ['nginx', '-g', 'daemon off;'],
      Env: [searchPath],
      StopSignal: 'SIGQUIT',
      ExposedPorts: { '80/tcp': {} },
    },
  },
];
