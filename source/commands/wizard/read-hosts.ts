import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { LandfallError } from '../../errors.ts';
import { parseHosts } from '../../presenters/terminal/model/host-list.ts';
import type { HostTarget, Login } from '../../presenters/terminal/services.ts';
import { expandHome } from './draft-document.ts';

type Section = { readonly names: readonly string[]; readonly values: Map<string, string> };

/** Hosts that an SSH configuration names one by one; patterns are not hosts. */
export function parseSshConfig(text: string): readonly HostTarget[] {
  const sections: Section[] = [];
  for (const line of text.split('\n')) {
    const match = /^\s*([A-Za-z]+)(?:\s*=\s*|\s+)(.+?)\s*$/.exec(line);
    const keyword = match?.[1]?.toLowerCase();
    const value = match?.[2]?.replace(/^"(.*)"$/, '$1') ?? '';
    if (keyword === undefined || line.trim().startsWith('#')) continue;
    if (keyword === 'host') sections.push({ names: value.split(/\s+/), values: new Map() });
    else if (keyword === 'match') sections.push({ names: [], values: new Map() });
    else if (!sections.at(-1)?.values.has(keyword)) sections.at(-1)?.values.set(keyword, value);
  }
  return sections.flatMap(({ names, values }) =>
    names
      .filter((name) => !/[*?!]/.test(name))
      .map((name): HostTarget => {
        const user = values.get('user');
        const keyFile = values.get('identityfile');
        const login: Login | undefined =
          user === undefined
            ? undefined
            : keyFile === undefined
              ? { method: 'agent', user }
              : { method: 'key', user, keyFile: expandHome(keyFile) };
        const jumpHost = values.get('proxyjump');
        return {
          address: values.get('hostname') ?? name,
          port: Number(values.get('port') ?? 22),
          name,
          ...(login === undefined ? {} : { login }),
          ...(jumpHost === undefined || jumpHost === 'none' ? {} : { jumpHost }),
        };
      }),
  );
}

/** Hosts of `~/.ssh/config`, or of a file of addresses. Throws HOSTS_FILE when it cannot be read or holds none. */
export function readHosts(file: string | undefined): readonly HostTarget[] {
  const source = file === undefined ? path.join(homedir(), '.ssh', 'config') : expandHome(file);
  let text: string;
  try {
    text = readFileSync(source, 'utf8');
  } catch (cause) {
    throw new LandfallError({
      code: 'HOSTS_FILE',
      message: `${source} cannot be read.`,
      fix: 'Type or paste the addresses instead.',
      cause,
    });
  }
  const targets = file === undefined ? parseSshConfig(text) : parseHosts(text).targets;
  if (targets.length > 0) return targets;
  throw new LandfallError({
    code: 'HOSTS_FILE',
    message: `${source} names no hosts.`,
    fix: 'Type or paste the addresses instead.',
  });
}
