// Bundles the program and the project's own commands; what exists among the entries is built.
import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const entries = [
  ['source/start.ts', 'dist/landfall.mjs'],
  ['source/main.ts', 'dist/program.mjs'],
  ['test/lab/main.ts', '.build/lab.mjs'],
  ['tools/check.ts', '.build/check.mjs'],
  ['test/benchmarks/main.ts', '.build/bench.mjs'],
];

// ssh2's optional native cipher is ten times faster than its JavaScript; it stays a file beside the bundle.
const nativeCipher = {
  name: 'native-cipher',
  setup(plugin) {
    plugin.onResolve({ filter: /\.node$/ }, (request) => ({
      path: `./${path.basename(request.path)}`,
      external: true,
    }));
    plugin.onResolve({ filter: /^cpu-features$/ }, () => ({ path: 'cpu-features', external: true }));
    plugin.onResolve({ filter: /^react-devtools-core$/ }, () => ({ path: 'empty', namespace: 'empty' }));
    plugin.onLoad({ filter: /.*/, namespace: 'empty' }, () => ({ contents: 'export default {};' }));
  },
};

for (const [entry, output] of entries) {
  if (!existsSync(path.join(root, entry))) continue;
  const outfile = path.join(root, output);
  await build({
    entryPoints: [path.join(root, entry)],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    sourcemap: 'linked',
    minifySyntax: true,
    logLevel: 'warning',
    define: { 'process.env.NODE_ENV': '"production"' },
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; import { fileURLToPath as __fileURLToPath } from 'node:url'; import { dirname as __pathDirname } from 'node:path'; const require = __createRequire(import.meta.url); const __filename = __fileURLToPath(import.meta.url); const __dirname = __pathDirname(__filename);",
    },
    external: ['./program.mjs'],
    plugins: [nativeCipher],
  });
  const cipher = path.join(
    path.dirname(createRequire(import.meta.url).resolve('ssh2')),
    'protocol/crypto/build/Release/sshcrypto.node',
  );
  mkdirSync(path.dirname(outfile), { recursive: true });
  if (existsSync(cipher)) copyFileSync(cipher, path.join(path.dirname(outfile), 'sshcrypto.node'));
}
