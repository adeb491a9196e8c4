import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { ClusterDocument } from '../cluster/document.ts';
import { apiUrl } from '../cluster/endpoint.ts';
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
      return text !== undefined && readFileSync(file, 'utf8') === forOperator(text, context.document, first.address);
    },
    async apply({ connection }) {
      writePrivateFile(
        file,
        forOperator((await connection.readFile(hostPaths.adminConfiguration)) ?? '', context.document, first.address),
      );
    },
  });
}

/** The administrator's file as the operator machine can use it: the nodes' own load balancer is not there. */
export function forOperator(text: string, document: Pick<ClusterDocument, 'loadBalancer'>, address: string): string {
  if (document.loadBalancer.driver === 'external') return text;
  return text.replace(`server: ${apiUrl(document)}`, `server: https://${address}:6443`);
}
