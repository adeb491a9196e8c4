import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openBundle } from '../../bundle/open.ts';
import { listClusters } from '../../cluster/known-cluster.ts';
import { stepsOf } from '../../engine/plan.ts';
import { toLandfallError } from '../../errors.ts';
import { progressOf } from '../../presenters/remaining-time.ts';
import { applyEvents, emptyRun, stepKey } from '../../presenters/run-state.ts';
import type { PlanPreview, WizardDraft } from '../../presenters/terminal/services.ts';
import { usualDurations } from '../../presenters/usual-durations.ts';
import { journalReader } from '../../runs/follow.ts';
import { prepareRun } from '../../runs/prepare.ts';
import { listRuns } from '../../runs/run-directory.ts';
import { draftDocument } from './draft-document.ts';

/** Milliseconds that steps take: in the runs known here, newest counting as much as old ones, else what is usual. */
export function stepHistory(): Readonly<Record<string, number>> {
  const sums = new Map<string, { milliseconds: number; count: number }>();
  for (const run of listClusters().flatMap((name) => listRuns(name).slice(-3))) {
    for (const event of journalReader(run.journal)()) {
      if (event.type !== 'step-finished' || event.outcome !== 'applied') continue;
      const key = stepKey(event.step);
      const known = sums.get(key) ?? { milliseconds: 0, count: 0 };
      sums.set(key, { milliseconds: known.milliseconds + event.milliseconds, count: known.count + 1 });
    }
  }
  const measured = [...sums].map(([key, { milliseconds, count }]) => [key, milliseconds / count] as const);
  return { ...usualDurations, ...Object.fromEntries(measured) };
}

/** The plan of a draft, made with passing secrets in a passing folder; no host is asked and nothing is kept. */
export async function previewPlan(draft: WizardDraft): Promise<PlanPreview> {
  const passing = mkdtempSync(path.join(tmpdir(), 'landfall-plan-'));
  try {
    const { unwritten: document, secrets } = draftDocument(draft);
    const bundle = await openBundle(draft.bundle);
    const prepared = await prepareRun(
      { workflow: 'install', document, bundle: draft.bundle, questions: 'ask', takeOver: false },
      secrets,
      passing,
    );
    const { plan } = prepared;
    await prepared.close();
    const steps = stepsOf(plan);
    const at = new Date().toISOString();
    const run = applyEvents(emptyRun, [
      { type: 'run-started', run: 'preview', workflow: 'install', cluster: draft.name, processId: 0, at, sequence: 0 },
      {
        type: 'planned',
        phases: plan.phases.map(({ id, title }) => ({ id, title })),
        steps: steps.map(({ id, phase, host, title, kind }) => ({ id, phase, host, title, kind })),
        at,
        sequence: 1,
      },
    ]);
    const { remaining } = progressOf(run, Date.parse(at), stepHistory());
    const architectures = new Set(draft.hosts.map((host) => host.summary?.architecture ?? 'amd64'));
    const programs = bundle.files.filter((file) => architectures.has(file.architecture));
    const ofPrograms = programs.reduce((sum, file) => sum + file.size, 0) * draft.hosts.length;
    // Images leave this machine once; the hosts hand them on to each other.
    const ofImages = bundle.summary.images.reduce((sum, image) => sum + image.size, 0);
    return {
      phases: plan.phases.map((phase) => ({ id: phase.id, title: phase.title, steps: phase.steps.length })),
      hosts: document.hosts.map((host) => ({
        name: host.name,
        steps: steps.filter((step) => step.host === host.name).map(({ id, title }) => ({ id, title })),
      })),
      bytes: ofPrograms + ofImages,
      ...(remaining === undefined ? {} : { expectedMilliseconds: remaining }),
      problems: [],
    };
  } catch (thrown) {
    const { code, message, fix } = toLandfallError(thrown);
    return { phases: [], hosts: [], bytes: 0, problems: [{ code, message, ...(fix === undefined ? {} : { fix }) }] };
  } finally {
    rmSync(passing, { recursive: true, force: true });
  }
}
