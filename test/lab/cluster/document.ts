import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { stringify } from 'yaml';
import type { Lab, LabHost } from '../hosts/lab.ts';

export type DocumentChoices = {
  readonly name?: string;
  /** 3 from four hosts on, else 1, unless set. */
  readonly controlPlanes?: number;
  readonly hosts?: readonly LabHost[];
  readonly applications?: readonly string[];
  /** Life of the certificates, `1y`; else the default. */
  readonly validity?: string;
  /** Findings of checks that are accepted. */
  readonly accept?: readonly string[];
};

/** The ways to log in differ by host, so that each is used in every install of the lab. */
function login(lab: Lab, index: number): Readonly<Record<string, string>> {
  switch (index % 5) {
    case 1:
      return {
        user: 'operator',
        passwordFile: lab.operatorPasswordFile,
        sudoPasswordFile: lab.operatorPasswordFile,
      };
    case 3:
      return { user: 'helper', keyFile: lab.keyFile };
    default:
      return { user: 'root', keyFile: lab.keyFile };
  }
}

/** Writes a cluster document for a lab's hosts into the lab's folder and returns its path. */
export async function writeClusterDocument(lab: Lab, choices: DocumentChoices = {}): Promise<string> {
  const hosts = choices.hosts ?? lab.hosts;
  const planes = choices.controlPlanes ?? (hosts.length >= 3 ? 3 : 1);
  const name = choices.name ?? 'demo';
  const file = path.join(lab.directory, `${name}.yaml`);
  const document = {
    apiVersion: 'landfall/v1',
    kind: 'Cluster',
    metadata: { name },
    spec: {
      ...(choices.accept === undefined ? {} : { preflight: { accept: choices.accept } }),
      ...(choices.validity === undefined ? {} : { certificates: { validity: choices.validity } }),
      hosts: hosts.map((host, index) => ({
        name: host.name,
        address: host.address,
        role: index < planes ? 'control-plane' : 'worker',
        ssh: { ...login(lab, index), ...(host.sshPort === 22 ? {} : { port: host.sshPort }) },
      })),
      ...(choices.applications === undefined
        ? {}
        : { applications: choices.applications.map((entry) => ({ package: entry })) }),
    },
  };
  await writeFile(file, stringify(document), { mode: 0o600 });
  return file;
}
