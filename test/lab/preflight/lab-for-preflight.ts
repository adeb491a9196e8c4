import path from 'node:path';
import { writeClusterDocument } from '../cluster/document.ts';
import { labHome } from '../cluster/landfall.ts';
import { type Lab, openLab, upLab } from '../hosts/lab.ts';
import { type Agent, startAgent } from './agent-client.ts';

export type PreflightLab = {
  readonly lab: Lab;
  readonly agent: Agent;
  readonly document: string;
  down(): Promise<void>;
};

/** Three fresh hosts, Debian 12 and 13, and an agent among them. LANDFALL_LAB_KEEP names a lab that is up and stays. */
export async function openPreflightLab(name: string): Promise<PreflightLab> {
  const kept = process.env['LANDFALL_LAB_KEEP'];
  const open = kept === undefined ? undefined : await openLab(kept);
  const lab = open ?? (await upLab({ name, hosts: 3, debian13: true, replace: true }, () => {}));
  const document = await writeClusterDocument(lab, { controlPlanes: 3 });
  const agent = startAgent(lab, document, path.join(labHome(lab), 'clusters', 'demo'));
  return {
    lab,
    agent,
    document,
    async down() {
      agent.close();
      if (open === undefined) await lab.down();
    },
  };
}
