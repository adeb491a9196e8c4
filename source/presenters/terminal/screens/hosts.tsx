import { type ReactNode, useState } from 'react';
import { formatBytes } from '../../../language/format.ts';
import { type Area, bar, marked, pairs } from '../components/layout.ts';
import { type Spans, span } from '../components/line.tsx';
import { type Action, ListScreen, type Place } from '../components/list-screen.tsx';
import { problemLines, problemMessage } from '../components/problem.ts';
import { QuestionScreen } from '../components/question-screen.tsx';
import { useSpinner } from '../components/spinner.ts';
import { useMemory } from '../memory.tsx';
import { needsLogin } from '../model/host-actions.ts';
import { type HostRow, hostKey, includedHosts, nodeNames } from '../model/wizard-state.ts';
import type { Tone } from '../theme.ts';
import { useView } from '../view.tsx';
import { useWizard } from '../wizard-context.tsx';
import { AddHostsForm, EditHostForm, LoginForm, ScanForm } from './host-forms.tsx';

type Condition = 'found' | 'out' | 'waiting' | 'connecting' | 'ready' | 'failed' | 'key-changed';
type Form = 'add' | 'scan' | 'login' | { readonly edit: string } | { readonly key: string };

const tones: Readonly<Record<Condition, Tone>> = {
  found: 'dim',
  out: 'dim',
  waiting: 'dim',
  connecting: 'running',
  ready: 'good',
  failed: 'bad',
  'key-changed': 'bad',
};

function conditionOf(row: HostRow): Condition {
  if (!row.included) return row.found === undefined ? 'out' : 'found';
  return row.state?.condition ?? 'waiting';
}

/** `Debian 12` for `Debian GNU/Linux 12 (bookworm)`: in a table the rest only takes room. */
function shortSystem(name: string): string {
  return name.replace(/ GNU\/Linux| Linux release| LTS|\s*\([^)]*\)/g, '').trim();
}

/** Which machines become the cluster, and how Landfall gets into them. */
export function HostsScreen(): ReactNode {
  const { model, state } = useWizard();
  const view = useView();
  const { messages, profile } = view;
  const { glyphs } = profile;
  const words = messages.hosts;
  const [form, setForm] = useState<Form>();
  const rows = state.hosts;
  const included = includedHosts(state);
  const ready = included.filter((row) => row.state?.condition === 'ready').length;
  const connecting = included.some((row) => row.state?.condition === 'connecting');
  const spinner = useSpinner(connecting || state.scan !== undefined);
  const names = nodeNames(state);

  const memory = useMemory();
  const close = (): void => {
    // After a form the next thing is to go on.
    const place: Place = { zone: 'actions', row: '', action: 0 };
    memory.set('hosts/place', place);
    setForm(undefined);
  };
  // Whoever names hosts is asked how to get into them, once.
  const closeAndAsk = (): void => {
    if (needsLogin(model.store.get())) setForm('login');
    else close();
  };
  if (form === 'add') return <AddHostsForm close={closeAndAsk} />;
  if (form === 'scan') return <ScanForm close={close} />;
  if (form === 'login') return <LoginForm close={close} />;
  if (form !== undefined && 'edit' in form) {
    const row = rows.find((candidate) => hostKey(candidate.target) === form.edit);
    if (row !== undefined) return <EditHostForm row={row} close={close} />;
  }
  if (form !== undefined && 'key' in form) {
    const row = rows.find((candidate) => hostKey(candidate.target) === form.key);
    return (
      <QuestionScreen
        title={form.key}
        question={words.changedKey}
        text={[`${words.fingerprint}: ${row?.state?.fingerprint ?? ''}`]}
        choices={[
          { id: 'no', label: messages.words.no },
          { id: 'yes', label: words.acceptKey, dangerous: true },
        ]}
        answer={(choice) => {
          if (choice === 'yes') model.hosts.acceptKey(form.key);
          close();
        }}
      />
    );
  }

  const waiting = included.length - ready;
  const blocked = included.length === 0 ? words.chooseFirst : waiting > 0 ? words.notReady(waiting) : undefined;
  const next: Action = {
    id: 'continue',
    label: words.continue,
    ...(blocked === undefined ? {} : { unavailable: blocked }),
    run: () => model.go('roles'),
  };
  const all: Action = {
    id: 'all',
    label: words.all,
    run: () => {
      model.hosts.includeAll();
      closeAndAsk();
    },
  };
  const add: Action = { id: 'add', label: words.add, run: () => setForm('add') };
  const scan: Action =
    state.scan === undefined
      ? { id: 'scan', label: words.scan, run: () => setForm('scan') }
      : { id: 'scan', label: words.stopScan, run: () => model.hosts.stopScan() };
  const login: Action = { id: 'login', label: words.login, run: () => setForm('login') };
  const config: Action = { id: 'config', label: words.sshConfig, run: () => model.hosts.addFrom(undefined, close) };
  // What comes next stands first: nothing there, something to choose from, something chosen.
  const actions: readonly Action[] =
    rows.length === 0
      ? state.scan === undefined
        ? [scan, add, config]
        : [scan, add]
      : included.length === 0
        ? [all, add, scan]
        : [next, add, scan, login, all];
  const marks: Readonly<Record<Condition, string>> = {
    found: glyphs.waiting,
    out: glyphs.skipped,
    waiting: glyphs.waiting,
    connecting: spinner,
    ready: glyphs.done,
    failed: glyphs.failed,
    'key-changed': glyphs.failed,
  };
  const cells = (index: number): readonly Spans[] => {
    const row = rows[index];
    if (row === undefined) return [];
    const condition = conditionOf(row);
    const summary = row.state?.summary;
    const name = names.get(hostKey(row.target)) ?? row.name ?? row.target.name ?? '';
    const { address, port } = row.target;
    return [
      [span(row.included ? glyphs.checked : glyphs.unchecked, row.included ? 'accent' : 'dim')],
      [span(row.included && summary !== undefined ? name : (summary?.hostname ?? row.name ?? row.target.name ?? ''))],
      [span(port === 22 ? address : `${address}:${port}`)],
      [span(shortSystem(summary?.system ?? ''))],
      [span(summary === undefined ? '' : String(summary.processors))],
      [span(summary === undefined ? '' : formatBytes(summary.memory))],
      [span(summary === undefined ? '' : formatBytes(summary.diskFree))],
      [span(`${marks[condition]} `, tones[condition]), span(words.states[condition], tones[condition])],
    ];
  };
  const detail = (index: number, area: Area): readonly Spans[] => {
    const row = rows[index];
    if (row === undefined) return [];
    const { summary, problem, fingerprint, keyIsNew, condition } = row.state ?? {};
    const lines: Spans[] = [];
    if (problem !== undefined) {
      const remedy = words.remedies[problem.code as keyof typeof words.remedies] ?? problem.fix;
      const { code, message } = problem;
      const told = { code, message, ...(remedy === undefined ? {} : { fix: remedy }) };
      lines.push(...problemLines(told, area.width, view));
    }
    if (condition === 'key-changed') lines.push(...marked(span(glyphs.arrow, 'accent'), words.acceptKey, area.width));
    if (row.found?.cluster !== undefined) {
      lines.push(...marked(span(glyphs.warning, 'warning'), words.known(row.found.cluster), area.width, 'warning'));
    }
    const entries: (readonly [string, string])[] = [];
    if (summary !== undefined) {
      entries.push([words.system, `${summary.system}, ${summary.kernel}, ${summary.architecture}`]);
      entries.push([words.addresses, summary.addresses.join(', ')]);
    }
    if (fingerprint !== undefined) {
      entries.push([words.fingerprint, fingerprint + (keyIsNew === true ? `, ${words.fingerprintNew}` : '')]);
    }
    lines.push(...pairs(entries, area.width));
    if (lines.length === 0 && row.found?.banner !== undefined) lines.push([span(row.found.banner, 'dim')]);
    return lines;
  };
  const summary = (area: Area): readonly Spans[] => {
    if (state.scan !== undefined) {
      const { done, total } = state.scan;
      return [
        [
          span(`${spinner} ${words.scanning(done, total)}  `, 'running'),
          ...bar(total === 0 ? 0 : done / total, Math.min(20, Math.floor(area.width / 5)), profile),
        ],
      ];
    }
    if (rows.length === 0) return [];
    if (included.length === 0) return [[span(words.chooseFrom(rows.length), 'dim')]];
    const all = ready === included.length;
    return [[span(words.summary(ready, included.length, rows.length), all ? 'good' : 'dim')]];
  };
  const message = problemMessage(state.hostProblem, view);
  return (
    <ListScreen
      // A list that fills begins at its first button, whichever one filled it.
      key={rows.length === 0 ? 'empty' : 'filled'}
      id="hosts"
      title={words.title}
      step="hosts"
      why={words.why}
      summary={summary}
      columns={[
        { title: '', width: 3 },
        { title: words.name, width: 10, grow: 2 },
        { title: words.address, width: 15, grow: 1 },
        { title: words.system, width: 9, grow: 3, optional: 1 },
        { title: words.processors, width: 4, align: 'right', optional: 3 },
        { title: words.memory, width: 8, align: 'right', optional: 2 },
        { title: words.disk, width: 8, align: 'right', optional: 4 },
        { title: words.state, width: 13 },
      ]}
      count={rows.length}
      rowKey={(index) => {
        const row = rows[index];
        return row === undefined ? '' : hostKey(row.target);
      }}
      cells={cells}
      search={(index) => {
        const row = rows[index];
        if (row === undefined) return '';
        return `${row.target.address} ${row.name ?? ''} ${row.state?.summary?.hostname ?? ''} ${words.states[conditionOf(row)]}`;
      }}
      empty={state.scan === undefined ? words.empty : []}
      detail={detail}
      actions={actions}
      toggle={{
        label: words.select,
        run: (index) => {
          const row = rows[index];
          if (row === undefined) return;
          model.hosts.toggle(hostKey(row.target));
          if (needsLogin(model.store.get())) setForm('login');
        },
      }}
      open={{
        label: words.edit,
        run: (index) => {
          const row = rows[index];
          if (row === undefined) return;
          const key = hostKey(row.target);
          setForm(row.state?.condition === 'key-changed' ? { key } : { edit: key });
        },
      }}
      commands={[
        { command: 'add', run: () => setForm('add') },
        {
          command: 'recheck',
          label: words.retry,
          run: (index) => {
            const row = index === undefined ? undefined : rows[index];
            if (row !== undefined) model.hosts.connect(hostKey(row.target));
          },
        },
        {
          command: 'remove',
          run: (index) => {
            const row = index === undefined ? undefined : rows[index];
            if (row !== undefined) model.hosts.remove(hostKey(row.target));
          },
        },
        { command: 'scan', run: () => setForm('scan') },
      ]}
      back={() => model.back()}
      {...(message === undefined ? {} : { message })}
    />
  );
}
