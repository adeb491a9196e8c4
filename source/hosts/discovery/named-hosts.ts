import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { LandfallError } from '../../errors.ts';

/** A host somebody wrote down: in a list, in `~/.ssh/config` or in `known_hosts`. */
export type NamedHost = {
  /** What it is called, where it has a name. */
  readonly name?: string;
  /** Address or name to connect to. */
  readonly address: string;
  readonly port?: number;
  readonly user?: string;
  readonly keyFile?: string;
  readonly jumpHost?: string;
};

function withHome(file: string): string {
  return file.replace(/^~(?=\/|$)/, homedir());
}

/**
 * Hosts of an OpenSSH client configuration. Patterns (`*.example`) name no host; what they and `Host *` set holds for
 * the hosts that match, and of each setting the first value counts, as in ssh_config(5). `Include` is followed.
 */
export function parseSshConfig(
  text: string,
  folder: string = path.join(homedir(), '.ssh'),
  depth = 0,
): readonly NamedHost[] {
  type Block = { readonly patterns: readonly string[]; readonly settings: Map<string, string> };
  const blocks: Block[] = [{ patterns: ['*'], settings: new Map() }];
  const included: NamedHost[] = [];
  for (const line of text.split('\n')) {
    const [, key = '', value = ''] = /^\s*([A-Za-z]+)(?:\s+|\s*=\s*)(.*?)\s*$/.exec(line) ?? [];
    const word = key.toLowerCase();
    const bare = value.replace(/^"(.*)"$/, '$1');
    if (word === 'host') blocks.push({ patterns: bare.split(/\s+/), settings: new Map() });
    // A block that depends on more than the name cannot be told to apply.
    else if (word === 'match') blocks.push({ patterns: [], settings: new Map() });
    else if (word === 'include' && depth < 8) {
      for (const name of bare.split(/\s+/)) {
        const file = path.resolve(folder, withHome(name));
        if (existsSync(file)) included.push(...parseSshConfig(readFileSync(file, 'utf8'), folder, depth + 1));
      }
    } else if (word !== '' && !blocks.at(-1)?.settings.has(word)) blocks.at(-1)?.settings.set(word, bare);
  }
  const names = [...new Set(blocks.flatMap((block) => block.patterns).filter((name) => !/[*?!]/.test(name)))];
  const matches = (pattern: string, name: string): boolean =>
    new RegExp(
      `^${pattern
        .replace(/[.+^${}()|[\]\\]/g, '\\$&')
        .replaceAll('*', '.*')
        .replaceAll('?', '.')}$`,
    ).test(name);
  const own = names.map((name): NamedHost => {
    const settings = new Map<string, string>();
    for (const block of blocks) {
      const wanted = block.patterns.filter((pattern) => !pattern.startsWith('!'));
      const unwanted = block.patterns.filter((pattern) => pattern.startsWith('!')).map((pattern) => pattern.slice(1));
      if (!wanted.some((pattern) => matches(pattern, name)) || unwanted.some((pattern) => matches(pattern, name)))
        continue;
      for (const [key, value] of block.settings) if (!settings.has(key)) settings.set(key, value);
    }
    const port = Number(settings.get('port'));
    const jump = settings.get('proxyjump');
    const keyFile = settings.get('identityfile');
    const user = settings.get('user');
    return {
      name,
      address: (settings.get('hostname') ?? name).replaceAll('%h', name),
      ...(Number.isInteger(port) && port > 0 ? { port } : {}),
      ...(user === undefined ? {} : { user }),
      ...(keyFile === undefined ? {} : { keyFile: withHome(keyFile) }),
      ...(jump === undefined || jump === 'none' ? {} : { jumpHost: jump }),
    };
  });
  return [...own, ...included];
}

/** Hosts of a known_hosts file that are written in clear; hashed ones cannot be read back. */
export function parseKnownHosts(text: string): readonly NamedHost[] {
  const hosts = new Map<string, NamedHost>();
  for (const line of text.split('\n')) {
    if (/^\s*(#|@|\||$)/.test(line)) continue;
    for (const entry of (line.trim().split(/\s+/)[0] ?? '').split(',')) {
      if (/[*?!]/.test(entry)) continue;
      const [, address = entry, port] = /^\[([^\]]+)\]:(\d+)$/.exec(entry) ?? [];
      // IPv6 addresses: nodes have IPv4 addresses here.
      if (address === '' || address.includes(':')) continue;
      hosts.set(`${address}:${port ?? 22}`, { address, ...(port === undefined ? {} : { port: Number(port) }) });
    }
  }
  return [...hosts.values()];
}

/**
 * A list of hosts, one a line: `address`, `user@address:port`, or `name address`; `#` begins a comment. Lines of an
 * Ansible inventory (`node1 ansible_host=10.0.0.1 ansible_user=root`) and of /etc/hosts are understood too.
 */
export function parseHostList(text: string): readonly NamedHost[] {
  return text.split('\n').flatMap((raw): readonly NamedHost[] => {
    const line = raw.replace(/[#;].*/, '').trim();
    if (line === '' || line.startsWith('[')) return [];
    const words = line.split(/[\s,]+/).filter((word) => word !== '');
    const variables = new Map(
      words.filter((word) => word.includes('=')).map((word) => word.split(/=(.*)/s).slice(0, 2) as [string, string]),
    );
    const [first = '', second] = words.filter((word) => !word.includes('='));
    const variable = (...names: readonly string[]): string | undefined =>
      names.map((name) => variables.get(name)).find((value) => value !== undefined);
    const isAddress = (word: string | undefined): boolean => /^(\S+@)?\d+(\.\d+){3}(:\d+)?$/.test(word ?? '');
    const name = isAddress(first) ? (second !== undefined && !isAddress(second) ? second : undefined) : first;
    const target =
      variable('ansible_host', 'ansible_ssh_host') ??
      (isAddress(first) ? first : isAddress(second) ? (second ?? '') : first);
    const [, user, address = target, port] = /^(?:([^@]+)@)?([^:]+)(?::(\d+))?$/.exec(target) ?? [];
    const login = user ?? variable('ansible_user', 'ansible_ssh_user');
    const number = port ?? variable('ansible_port', 'ansible_ssh_port');
    const keyFile = variable('ansible_ssh_private_key_file');
    // Names of this machine in /etc/hosts are no hosts to install.
    if (/^(127\.|255\.)/.test(address) || /^(localhost|ip6-)/.test(address)) return [];
    return [
      {
        ...(name === undefined || name === address ? {} : { name: name.replace(/^[^@]+@/, '') }),
        address,
        ...(number === undefined ? {} : { port: Number(number) }),
        ...(login === undefined ? {} : { user: login }),
        ...(keyFile === undefined ? {} : { keyFile: withHome(keyFile) }),
      },
    ];
  });
}

/** Hosts of a file, whatever of the three kinds it is. Throws HOST_FILE when it cannot be read. */
export function readHostFile(file: string): readonly NamedHost[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new LandfallError({
      code: 'HOST_FILE',
      message: `The file ${file} cannot be read.`,
      fix: 'Name a file with one host a line, an SSH configuration, or an inventory.',
      exitStatus: 2,
      cause,
    });
  }
  if (/^\s*host\s+\S/im.test(text) && /^\s*hostname\s+\S/im.test(text)) return parseSshConfig(text, path.dirname(file));
  if (/^\S+\s+(ssh-|ecdsa-|sk-)\S+\s+AAAA/m.test(text)) return parseKnownHosts(text);
  return parseHostList(text);
}

/** Hosts the person already reaches with ssh: those of `~/.ssh/config`, then those of `known_hosts` not named there. */
export function readOwnHosts(folder: string = path.join(homedir(), '.ssh')): readonly NamedHost[] {
  const read = (name: string): string => {
    try {
      return readFileSync(path.join(folder, name), 'utf8');
    } catch {
      return '';
    }
  };
  const configured = parseSshConfig(read('config'), folder);
  const addresses = new Set(configured.map((host) => host.address));
  return [...configured, ...parseKnownHosts(read('known_hosts')).filter((host) => !addresses.has(host.address))];
}
