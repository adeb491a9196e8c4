// Makes the pictures of README.md from a real run of `landfall demo --script`: node tools/picture.mjs [--check].
// With --check nothing is written; it fails when what stays the same in every run (titles, heads, keys) differs.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const readme = path.join(root, 'README.md');
const names = ['progress', 'finished'];
const block = (name) => new RegExp(`(<!-- picture: ${name} -->\\n\`\`\`\\n)([\\s\\S]*?)(\`\`\`\\n)`);

function takePictures() {
  const folder = mkdtempSync(path.join(tmpdir(), 'landfall-picture-'));
  try {
    const words = ['demo', '--speed', '6', '--script', path.join(root, 'tools/picture.keys')];
    const result = spawnSync(process.execPath, [path.join(root, 'dist/landfall.mjs'), ...words], {
      cwd: folder,
      env: { ...process.env, LANDFALL_HOME: '.landfall', HOME: folder, LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8' },
      encoding: 'utf8',
      timeout: 300_000,
    });
    if (result.status !== 0) throw new Error(`the demo ended with ${result.status}:\n${result.stdout}${result.stderr}`);
    return Object.fromEntries(
      names.map((name) => [name, readFileSync(path.join(folder, `${name}.txt`), 'utf8').replaceAll(folder, '~')]),
    );
  } finally {
    endFleet(folder);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

function endFleet(folder) {
  try {
    process.kill(
      JSON.parse(readFileSync(path.join(folder, '.landfall/practice/fleet.json'), 'utf8')).processId,
      'SIGTERM',
    );
  } catch {
    // It ended by itself.
  }
}

/** Lines that no run changes: what holds figures and what moves is left out. */
const skeleton = (picture) =>
  picture
    .split('\n')
    .filter((line) => !/[\d⠀-⣿━]/.test(line))
    .join('\n')
    .replace(/\n+/g, '\n');

const pictures = takePictures();
let text = readFileSync(readme, 'utf8');
for (const name of names) {
  const [, , shown] = block(name).exec(text) ?? [];
  if (shown === undefined) throw new Error(`README.md has no picture "${name}"`);
  if (process.argv.includes('--check')) {
    if (skeleton(shown) === skeleton(pictures[name])) continue;
    console.error(`README.md shows another screen "${name}" than the program; make it anew: node tools/picture.mjs`);
    console.error(pictures[name]);
    process.exitCode = 1;
  } else {
    text = text.replace(block(name), (_, before, __, after) => `${before}${pictures[name]}${after}`);
  }
}
if (!process.argv.includes('--check')) writeFileSync(readme, text);
