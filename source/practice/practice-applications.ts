import { loadCatalogue } from '../applications/catalogue.ts';
import { applicationStepId, applicationsPhase } from '../applications/steps.ts';
import type { ClusterDocument } from '../cluster/document.ts';
import type { Step } from '../engine/step.ts';
import { firstControlPlane } from '../phases/context.ts';

/** The steps of a document's applications with their real ids and titles; what they do is for `practicePlan` to say. */
export function practiceApplicationSteps(document: ClusterDocument): readonly Step[] {
  const host = firstControlPlane(document).name;
  const catalogue = loadCatalogue();
  const never = async (): Promise<never> => {
    throw new TypeError('a practice run installs no application');
  };
  return document.applications.map((entry) => {
    const { title, name } = catalogue.find(entry.package);
    return {
      id: applicationStepId(entry.name, host),
      phase: applicationsPhase,
      host,
      title: `Install ${title.en}${entry.name === name ? '' : ` as ${entry.name}`}`,
      kind: 'host',
      after: [`verification/cluster@${host}`],
      probe: never,
      apply: never,
      verify: never,
    };
  });
}
