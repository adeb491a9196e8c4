import type { ReactNode } from 'react';
import type { HostRole } from '../../../cluster/document.ts';
import { controlPlaneMinimum, survivableLosses } from '../../../cluster/propose-roles.ts';
import { formatBytes } from '../../../language/format.ts';
import { marked } from '../components/layout.ts';
import { type Spans, span } from '../components/line.tsx';
import { ListScreen } from '../components/list-screen.tsx';
import { hostKey, includedHosts, nodeNames, rolesOf } from '../model/wizard-state.ts';
import type { HostSummary } from '../services.ts';
import { useView } from '../view.tsx';
import { useWizard } from '../wizard-context.tsx';

function isWeak(summary: HostSummary | undefined): boolean {
  if (summary === undefined) return false;
  return summary.processors < controlPlaneMinimum.processors || summary.memory < controlPlaneMinimum.memory;
}

/** Which hosts steer the cluster and which run the applications, with what follows from it. */
export function RolesScreen(): ReactNode {
  const { model, state } = useWizard();
  const view = useView();
  const { messages, profile } = view;
  const { glyphs } = profile;
  const words = messages.roles;
  const rows = includedHosts(state);
  const roles = rolesOf(state);
  const names = nodeNames(state);
  const planes = [...roles.values()].filter((role) => role === 'control-plane').length;
  const roleOf = (index: number): HostRole =>
    roles.get(hostKey(rows[index]?.target ?? { address: '', port: 0 })) ?? 'worker';

  const change = (index: number): void => {
    const row = rows[index];
    if (row === undefined) return;
    // What is seen now becomes the choice, so that changing one host never moves another.
    const fixed = Object.fromEntries(roles);
    const next: HostRole = roleOf(index) === 'worker' ? 'control-plane' : 'worker';
    model.change({ roles: { ...state.roles, ...fixed, [hostKey(row.target)]: next } });
  };
  const consequences = (width: number): readonly Spans[] => {
    const lines: Spans[] = [[span(words.counts(planes, rows.length - planes), 'title')]];
    const note = (text: string, good: boolean): void => {
      lines.push(...marked(good ? span(glyphs.done, 'good') : span(glyphs.warning, 'warning'), text, width));
    };
    const survives = survivableLosses(planes);
    if (planes === 0) note(words.none, false);
    else if (planes === 1) note(words.single, rows.length < 3);
    else if (survives > 0) note(words.survives(survives), true);
    if (planes > 0 && planes % 2 === 0) note(words.even(planes), false);
    if (planes > 0 && planes === rows.length) note(words.noWorkers, true);
    return lines;
  };
  return (
    <ListScreen
      id="roles"
      title={words.title}
      step="roles"
      why={words.why}
      startAt="actions"
      summary={(area) => consequences(area.width)}
      columns={[
        { title: messages.hosts.name, width: 12, grow: 2 },
        { title: messages.hosts.address, width: 15, grow: 1 },
        { title: messages.hosts.processors, width: 4, align: 'right', optional: 3 },
        { title: messages.hosts.memory, width: 8, align: 'right', optional: 2 },
        { title: words.role, width: 13 },
        { title: '', width: 25, optional: 4 },
      ]}
      count={rows.length}
      rowKey={(index) => {
        const row = rows[index];
        return row === undefined ? '' : hostKey(row.target);
      }}
      cells={(index) => {
        const row = rows[index];
        if (row === undefined) return [];
        const role = roleOf(index);
        const summary = row.state?.summary;
        const weak = role === 'control-plane' && isWeak(summary);
        return [
          [span(names.get(hostKey(row.target)) ?? '')],
          [span(row.target.address)],
          [span(summary === undefined ? '' : String(summary.processors))],
          [span(summary === undefined ? '' : formatBytes(summary.memory))],
          [span(words[role], role === 'control-plane' ? 'accent' : 'normal')],
          weak ? [span(`${glyphs.warning} ${words.weak}`, 'warning')] : [],
        ];
      }}
      search={(index) =>
        `${names.get(hostKey(rows[index]?.target ?? { address: '', port: 0 }))} ${words[roleOf(index)]}`
      }
      actions={[
        {
          id: 'continue',
          label: words.continue,
          ...(planes === 0 ? { unavailable: words.none } : {}),
          run: () => {
            model.go('checks');
            model.checks.runIfNeeded();
          },
        },
        { id: 'propose', label: words.propose, run: () => model.change({ roles: {} }) },
      ]}
      toggle={{ label: words.change, run: change }}
      open={{ label: words.change, run: change }}
      commands={[
        {
          command: 'role',
          label: words.change,
          run: (index) => {
            if (index !== undefined) change(index);
          },
        },
      ]}
      back={() => model.back()}
    />
  );
}
