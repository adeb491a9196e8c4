import path from 'node:path';
import { blobPieces } from '../../../source/bundle/blob-store.ts';
import { openHostKeyStore } from '../../../source/hosts/host-keys.ts';
import { SshConnection } from '../../../source/hosts/ssh-connection.ts';
import type { LabHost } from '../../lab/hosts/lab.ts';
import { peakMemory } from '../install/measure.ts';

export type UploadRequest = {
  readonly host: LabHost;
  readonly keyFile: string;
  readonly home: string;
  readonly file: string;
  readonly size: number;
  readonly sha256: string;
  readonly target: string;
};

export type UploadReport = {
  readonly milliseconds: number;
  readonly memory: number;
  /** Seconds of processor time on the operator machine, start of the program not counted. */
  readonly processor: number;
};

/** Uploads by the program's own connection, from login to the file in its place; prints a report as JSON. */
export async function uploadOnce(text: string): Promise<void> {
  const { host, keyFile, home, file, size, sha256, target } = JSON.parse(text) as UploadRequest;
  const began = Date.now();
  const usage = process.cpuUsage();
  const connection = new SshConnection(
    {
      name: host.name,
      address: host.address,
      role: 'worker',
      connection: 'ssh',
      ssh: { user: 'root', port: host.sshPort, keyFile },
    },
    {},
    openHostKeyStore(path.join(home, 'bench-known-hosts')),
  );
  await connection.upload({
    target,
    mode: 0o644,
    size,
    sha256,
    open: (offset) =>
      blobPieces({ digest: `sha256:${sha256}`, size, pieces: [{ path: file, size }] }, size, offset, file),
  });
  await connection.close();
  const { user, system } = process.cpuUsage(usage);
  const report: UploadReport = {
    milliseconds: Date.now() - began,
    memory: peakMemory(process.pid) ?? 0,
    processor: (user + system) / 1e6,
  };
  process.stdout.write(`${JSON.stringify(report)}\n`);
}
