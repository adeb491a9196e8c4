import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { readJournal } from '../../../source/engine/journal.ts';
import { labHome } from '../../lab/cluster/landfall.ts';
import type { Lab } from '../../lab/hosts/lab.ts';
import { peakMemory } from './measure.ts';

export type Span = { readonly step: string; readonly from: number; readonly to: number };

function runFolder(lab: Lab, cluster: string): string | undefined {
  const folder = path.join(labHome(lab), 'clusters', cluster, 'runs');
  try {
    const last = readdirSync(folder).sort().at(-1);
    return last === undefined ? undefined : path.join(folder, last);
  } catch {
    return undefined;
  }
}

/** Watches the run's own process until `stop` is called, which tells its largest resident size in bytes. */
export function watchMemory(lab: Lab, cluster: string): { stop(): number } {
  let largest = 0;
  const look = () => {
    const folder = runFolder(lab, cluster);
    if (folder === undefined) return;
    try {
      const { processId } = JSON.parse(readFileSync(path.join(folder, 'process.json'), 'utf8')) as {
        processId: number;
      };
      largest = Math.max(largest, peakMemory(processId) ?? 0);
    } catch {
      // The run has not begun yet.
    }
  };
  const timer = setInterval(look, 200);
  return {
    stop() {
      clearInterval(timer);
      return largest;
    },
  };
}

/** The steps of the last run, in seconds since `began` (milliseconds since 1970). */
export function stepSpans(lab: Lab, cluster: string, began: number): readonly Span[] {
  const folder = runFolder(lab, cluster);
  if (folder === undefined) return [];
  const starts = new Map<string, number>();
  return readJournal(path.join(folder, 'journal.ndjson')).flatMap((event): readonly Span[] => {
    const at = (Date.parse(event.at) - began) / 1000;
    if (event.type === 'step-started') starts.set(event.step, at);
    if (event.type !== 'step-finished') return [];
    return [{ step: event.step, from: starts.get(event.step) ?? at, to: at }];
  });
}

/** When each phase began and ended. */
export function phaseSpans(spans: readonly Span[]): readonly Span[] {
  const phases = new Map<string, Span>();
  for (const span of spans) {
    const step = span.step.split('@')[0] ?? span.step;
    const known = phases.get(step);
    phases.set(step, {
      step,
      from: Math.min(known?.from ?? span.from, span.from),
      to: Math.max(known?.to ?? span.to, span.to),
    });
  }
  return [...phases.values()].sort((left, right) => left.to - right.to);
}
