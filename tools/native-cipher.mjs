// ssh2's optional native cipher is several times faster than its JavaScript. npm builds it for the host's own Node, whose
// modules the pinned Node cannot load, so it is built again with the headers that come inside the pinned Node's package.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';

function firstExisting(candidates) {
  return candidates.find((candidate) => candidate !== undefined && existsSync(candidate));
}

/** Builds the cipher unless the pinned Node can load it; without a compiler the program works with the slow one. */
export function buildNativeCipher(root, pinnedNode) {
  const folder = path.join(root, 'node_modules/ssh2/lib/protocol/crypto');
  const binding = path.join(folder, 'build/Release/sshcrypto.node');
  const loads = () =>
    spawnSync(pinnedNode, ['-e', 'require(process.argv[1])', binding], { stdio: 'ignore' }).status === 0;
  if (loads()) return;
  const packages = path.join(root, 'node_modules/node/node_modules');
  const headers = existsSync(packages)
    ? readdirSync(packages)
        .map((name) => path.join(packages, name))
        .find((candidate) => existsSync(path.join(candidate, 'include/node/node_version.h')))
    : undefined;
  const npm = process.env.npm_execpath;
  // `npm run` tells node-gyp the headers of the host's own Node, and node-gyp believes that before its arguments.
  const withoutNpm = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('npm_config_')),
  );
  const builder = firstExisting([
    npm && path.join(path.dirname(npm), '../node_modules/node-gyp/bin/node-gyp.js'),
    path.join(path.dirname(process.execPath), '../lib/node_modules/npm/node_modules/node-gyp/bin/node-gyp.js'),
  ]);
  if (headers !== undefined && builder !== undefined) {
    spawnSync(
      pinnedNode,
      [builder, 'rebuild', `--directory=${folder}`, `--nodedir=${headers}`, '--real_openssl_major=3'],
      { stdio: 'ignore', env: withoutNpm },
    );
  }
  if (!loads()) console.error('landfall: no native cipher could be built; uploads use the slower one in JavaScript');
}
