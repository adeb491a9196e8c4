import type { ClusterDocument } from '../cluster/document.ts';
import { firstControlPlane } from '../phases/context.ts';
import type { PreparedRun } from '../runs/execute.ts';
import { openHostPool } from '../runs/open-context.ts';
import type { TypedSecrets } from '../runs/request.ts';
import { installPlan } from '../workflows/install.ts';
import { practiceApplicationSteps } from './practice-applications.ts';
import { practiceContents } from './practice-content.ts';
import { practiceContext } from './practice-context.ts';
import { practicePlan } from './practice-plan.ts';

/** Opens connections to practice hosts and makes the practice form of the install's plan. */
export function preparePracticeRun(
  document: ClusterDocument,
  typed: TypedSecrets,
  options: { readonly scale: number; readonly home: string },
): PreparedRun {
  const pool = openHostPool(document, options.home, typed);
  const context = practiceContext(document, options.home, (name) => pool.host(name));
  const plan = practicePlan(installPlan(context, practiceApplicationSteps(document)), {
    connection: async (name) => (await pool.host(name)).connection,
    operator: firstControlPlane(document).name,
    scale: options.scale,
    content: practiceContents(),
  });
  return { plan, host: (name) => pool.host(name), secretValues: () => pool.secretValues(), close: () => pool.close() };
}
