import { expect, test } from 'vitest';
import type { HostEntry } from '../../source/cluster/document.ts';
import { stepsOf, validatePlan } from '../../source/engine/plan.ts';
import { practiceContents } from '../../source/practice/practice-content.ts';
import { practiceContext } from '../../source/practice/practice-context.ts';
import { practiceDocument } from '../../source/practice/practice-document.ts';
import { practicePlan } from '../../source/practice/practice-plan.ts';
import { installPlan } from '../../source/workflows/install.ts';

const hosts = ['a', 'b', 'c', 'd'].map(
  (name, index): HostEntry => ({
    name,
    address: '127.0.0.1',
    role: index < 3 ? 'control-plane' : 'worker',
    connection: 'ssh',
    ssh: { user: 'root', port: 1 },
  }),
);

test('a practice plan has the phases, steps, titles and order of the real install', () => {
  const unreachable = async (): Promise<never> => {
    throw new Error('nothing is reached while a plan is made');
  };
  const real = installPlan(practiceContext(practiceDocument(hosts), '/nowhere', unreachable), []);
  const practice = practicePlan(real, {
    connection: unreachable,
    operator: 'a',
    scale: 1,
    content: practiceContents(),
  });
  validatePlan(practice);
  expect(practice.phases.map(({ id, title }) => ({ id, title }))).toEqual(
    real.phases.map(({ id, title }) => ({ id, title })),
  );
  const outline = (plan: typeof real) =>
    stepsOf(plan).map(({ id, host, title, kind, after }) => ({ id, host, title, kind, after }));
  expect(outline(practice)).toEqual(outline(real));
  expect(stepsOf(practice).length).toBeGreaterThan(40);
});
