// Runs one of the project's commands from a clean clone: installs the dependencies when they are missing or older than
// the lock file, bundles the TypeScript entry with esbuild, and starts it on the project's own Node.
// Plain JavaScript without packages from npm, because it runs before anything is installed and on the host's Node.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildNativeCipher } from './native-cipher.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const pinnedNode = path.join(root, 'node_modules/node/bin', process.platform === 'win32' ? 'node.exe' : 'node');

function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options });
  if (result.error) {
    console.error(`landfall: ${command} could not be started: ${result.error.message}`);
    process.exit(1);
  }
  if (result.signal) process.kill(process.pid, result.signal);
  return result.status ?? 1;
}

function installDependencies() {
  const lock = readFileSync(path.join(root, 'package-lock.json'), 'utf8');
  const stamp = path.join(root, 'node_modules/.landfall-lock');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock && existsSync(pinnedNode)) return;
  console.error('landfall: installing dependencies (once)');
  const status = run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (status !== 0) {
    console.error('landfall: npm ci failed; is the npm registry reachable?');
    process.exit(status);
  }
  writeFileSync(stamp, lock);
}

installDependencies();
const [command = 'check', ...rest] = process.argv.slice(2);
// The demo sends next to nothing and shall be quick to start; everything else wants fast uploads.
if (command !== 'demo') buildNativeCipher(root, pinnedNode);
const build = run(pinnedNode, [path.join(root, 'tools/build.mjs')]);
if (build !== 0) process.exit(build);
const entries = {
  lab: ['.build/lab.mjs'],
  demo: ['dist/landfall.mjs', 'demo'],
  check: ['.build/check.mjs'],
  bench: ['.build/bench.mjs'],
};
if (command === 'build') process.exit(0);
const entry = entries[command];
if (!entry) {
  console.error(`landfall: no such command: ${command}; there are ${Object.keys(entries).join(', ')} and build`);
  process.exit(2);
}
process.exit(run(pinnedNode, [path.join(root, entry[0]), ...entry.slice(1), ...rest]));
