import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { writePrivateFile } from '../cluster/secrets.ts';
import type { Step } from '../engine/step.ts';
import { firstControlPlane, type InstallContext } from './context.ts';
import { hostStep } from './host-step.ts';
import { hostPaths } from './paths.ts';

/** Where the administrator's file of a cluster lies on the operator machine. */
export function operatorKubeconfig(home: string): string {
  return path.join(home, 'admin.conf');
}

/** A copy of the administrator's file for kubectl on the operator machine; it names the first control plane's own address. */
export function operatorAccess(context: InstallContext): Step {
  const first = firstControlPlane(context.document);
  const file = operatorKubeconfig(context.home);
  return hostStep(context, {
    id: 'kubernetes/access',
    host: first.name,
    title: 'Save the access for kubectl',
    after: [`kubernetes/init@${first.name}`],
    async probe({ connection }) {
      if (!existsSync(file)) return false;
      const text = await connection.readFile(hostPaths.adminConfiguration);
      return text !== undefined && readFileSync(file, 'utf8') === forOperator(text, first.address);
    },
    async apply({ connection }) {
      writePrivateFile(
        file,
        forOperator((await connection.readFile(hostPaths.adminConfiguration)) ?? '', first.address),
      );
    },
  });
}

/** The administrator's file as the operator machine can use it: the nodes' own load balancer is not there. */
export function forOperator(text: string, address: string): string {
  return text.replace(/server: https:\/\/127\.0\.0\.1:\d+/, `server: https://${address}:6443`);
}
