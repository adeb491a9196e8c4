import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';

export type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

export type Program = {
  /** Runs the program to its end without a terminal; `environment` is added to this process's own. */
  run(args: readonly string[], environment?: Readonly<Record<string, string>>): Promise<Ended>;
  remove(): void;
};

const repository = path.resolve(import.meta.dirname, '../..');

/** Bundles the whole program as a release is, so that commands are tested with the process they are. */
export async function buildProgram(): Promise<Program> {
  const folder = mkdtempSync(path.join(tmpdir(), 'landfall-program-'));
  symlinkSync(path.join(repository, 'assets'), path.join(folder, 'assets'));
  const program = path.join(folder, 'landfall.mjs');
  await build({
    entryPoints: [path.join(repository, 'source/main.ts')],
    outfile: program,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    logLevel: 'error',
    define: { 'process.env.NODE_ENV': '"production"' },
    // What is optional and not there is missed only when it is used.
    external: ['*.node', 'cpu-features', 'react-devtools-core'],
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url); const __filename = import.meta.filename; const __dirname = import.meta.dirname;",
    },
    plugins: [
      {
        name: 'empty-tools',
        setup(plugin) {
          plugin.onResolve({ filter: /^react-devtools-core$/ }, () => ({ path: 'empty', namespace: 'empty' }));
          plugin.onLoad({ filter: /.*/, namespace: 'empty' }, () => ({ contents: 'export default {};' }));
        },
      },
    ],
  });
  return {
    run: (args, environment = {}) =>
      new Promise((resolve, reject) => {
        const child = spawn(process.execPath, [program, ...args], {
          stdio: ['ignore', 'pipe', 'pipe'],
          env: { ...process.env, ...environment },
        });
        let stdout = '';
        let stderr = '';
        child.stdout.on('data', (chunk: Buffer) => {
          stdout += chunk.toString('utf8');
        });
        child.stderr.on('data', (chunk: Buffer) => {
          stderr += chunk.toString('utf8');
        });
        child.on('error', reject);
        child.on('close', (code) => resolve({ code, stdout, stderr }));
      }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
