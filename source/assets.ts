import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder `assets/`, which lies beside `source/` in the repository and beside `dist/` in a release. */
export function assetsDirectory(): string {
  let folder = path.dirname(fileURLToPath(import.meta.url));
  while (!existsSync(path.join(folder, 'assets'))) {
    const parent = path.dirname(folder);
    if (parent === folder) throw new TypeError('the program was copied without its assets folder');
    folder = parent;
  }
  return path.join(folder, 'assets');
}

/** Text of a file below `assets/`, such as `hosts/kubeadm.sh`. */
export function readAsset(name: string): Promise<string> {
  return readFile(path.join(assetsDirectory(), name), 'utf8');
}
