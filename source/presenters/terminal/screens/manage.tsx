import { type ReactNode, useState } from 'react';
import { roughDuration } from '../../../language/format.ts';
import { marked } from '../components/layout.ts';
import { type Span, type Spans, span } from '../components/line.tsx';
import { ListScreen, type ListScreenProps } from '../components/list-screen.tsx';
import { problemMessage } from '../components/problem.ts';
import { QuestionScreen } from '../components/question-screen.tsx';
import { useSpinner } from '../components/spinner.ts';
import { useRemembered } from '../memory.tsx';
import type { ClusterAction, ClusterState } from '../services.ts';
import type { Tone } from '../theme.ts';
import { useView, type View } from '../view.tsx';
import { useWizard } from '../wizard-context.tsx';

const tabs = ['nodes', 'applications', 'certificates', 'events'] as const;
type Tab = (typeof tabs)[number];
type Asked = { readonly object: string; readonly argument?: string; readonly actions: readonly ClusterAction[] };

type Page = Pick<ListScreenProps, 'columns' | 'count' | 'rowKey' | 'cells' | 'search'> & {
  readonly object?: (row: number) => { readonly name: string; readonly scope: ClusterAction['scope'] };
  readonly more?: (row: number) => string | undefined;
};

type Condition = 'ready' | 'not-ready' | 'unreachable' | 'checking' | 'unknown' | 'absent';

function condition(value: Condition, view: View, spinner: string): Spans {
  const { glyphs } = view.profile;
  const looks: Readonly<Record<Condition, readonly [string, Tone]>> = {
    ready: [glyphs.done, 'good'],
    'not-ready': [glyphs.warning, 'warning'],
    unreachable: [glyphs.failed, 'bad'],
    checking: [spinner, 'running'],
    unknown: ['?', 'dim'],
    absent: [glyphs.waiting, 'dim'],
  };
  const [mark, tone] = looks[value];
  return [span(`${mark} `, tone), span(view.messages.manage.conditions[value], tone)];
}

function pageOf(tab: Tab, state: ClusterState, view: View, spinner: string): Page {
  const { messages } = view;
  const words = messages.manage;
  if (tab === 'nodes') {
    return {
      columns: [
        { title: words.name, width: 12, grow: 1 },
        { title: words.address, width: 15, grow: 1, optional: 1 },
        { title: words.role, width: 13 },
        { title: words.state, width: 15 },
      ],
      count: state.nodes.length,
      rowKey: (row) => state.nodes[row]?.name ?? '',
      cells: (row) => {
        const node = state.nodes[row];
        if (node === undefined) return [];
        return [
          [span(node.name)],
          [span(node.address)],
          [span(messages.roles[node.role], 'dim')],
          condition(node.condition, view, spinner),
        ];
      },
      search: (row) => `${state.nodes[row]?.name} ${state.nodes[row]?.address}`,
      object: (row) => ({ name: state.nodes[row]?.name ?? '', scope: 'node' }),
      more: (row) => state.nodes[row]?.detail,
    };
  }
  if (tab === 'applications') {
    return {
      columns: [
        { title: words.name, width: 16, grow: 1 },
        { title: words.version, width: 12 },
        { title: words.state, width: 15 },
      ],
      count: state.applications.length,
      rowKey: (row) => state.applications[row]?.name ?? '',
      cells: (row) => {
        const application = state.applications[row];
        if (application === undefined) return [];
        return [
          [span(application.title)],
          [span(application.version, 'dim')],
          condition(application.condition, view, spinner),
        ];
      },
      object: (row) => ({ name: state.applications[row]?.name ?? '', scope: 'application' }),
      more: (row) => state.applications[row]?.detail,
    };
  }
  if (tab === 'certificates') {
    const soonest = [...state.certificates].sort((a, b) => a.expires.localeCompare(b.expires));
    return {
      columns: [
        { title: words.host, width: 14, grow: 1 },
        { title: words.certificate, width: 24, grow: 2 },
        { title: words.expires, width: 16 },
      ],
      count: soonest.length,
      rowKey: (row) => `${soonest[row]?.host}/${soonest[row]?.name}`,
      cells: (row) => {
        const certificate = soonest[row];
        if (certificate === undefined) return [];
        const left = Date.parse(certificate.expires) - Date.now();
        const tone: Tone = left < 0 ? 'bad' : left < 30 * 86_400_000 ? 'warning' : 'good';
        const text = left < 0 ? words.expired : messages.words.duration(roughDuration(left));
        return [[span(certificate.host)], [span(certificate.name)], [span(text, tone)]];
      },
    };
  }
  return {
    columns: [
      { title: words.time, width: 14 },
      { title: words.object, width: 18, grow: 1 },
      { title: words.text, width: 30, grow: 3 },
    ],
    count: state.events.length,
    rowKey: (row) => `${state.events[row]?.at} ${state.events[row]?.object} ${row}`,
    cells: (row) => {
      const event = state.events[row];
      if (event === undefined) return [];
      const age = messages.words.ago(roughDuration(Date.now() - Date.parse(event.at)));
      return [
        [span(age, 'dim')],
        [span(event.object)],
        [span(event.text, event.kind === 'warning' ? 'warning' : 'normal')],
      ];
    },
    search: (row) => `${state.events[row]?.object} ${state.events[row]?.text}`,
    more: (row) => state.events[row]?.text,
  };
}

const emptyPage: Page = { columns: [], count: 0, rowKey: () => '', cells: () => [] };

/** A running cluster: nodes, applications, certificates, events, and what can be done with them. */
export function ManageScreen(): ReactNode {
  const { model, state } = useWizard();
  const view = useView();
  const { messages } = view;
  const words = messages.manage;
  const cluster = state.managedState;
  const name = state.managed ?? '';
  const spinner = useSpinner(cluster === undefined || cluster.nodes.some((node) => node.condition === 'checking'));
  const [tab, setTab] = useRemembered<Tab>('manage/tab', 'nodes');
  const [asked, setAsked] = useState<Asked>();
  const [sure, setSure] = useState<{ readonly action: ClusterAction; readonly argument?: string }>();

  const titleOf = (action: ClusterAction): string => messages.actionTitles[action.id] ?? action.title;
  const begin = (action: ClusterAction, argument: string | undefined): void => {
    setAsked(undefined);
    if (action.dangerous) setSure({ action, ...(argument === undefined ? {} : { argument }) });
    else model.runs.act(name, action.id, argument);
  };
  if (sure !== undefined) {
    return (
      <QuestionScreen
        title={words.sure(titleOf(sure.action))}
        question={sure.argument ?? name}
        text={[words.asCommand(sure.action.command.replace('NAME', sure.argument ?? 'NAME'))]}
        choices={[
          { id: 'no', label: words.sureNo },
          { id: 'yes', label: words.sureYes, dangerous: true },
        ]}
        answer={(choice) => {
          setSure(undefined);
          if (choice === 'yes') model.runs.act(name, sure.action.id, sure.argument);
        }}
      />
    );
  }
  if (asked !== undefined) {
    return (
      <QuestionScreen
        title={words.actionTitle(asked.object)}
        question={asked.actions.length === 0 ? words.noActions : words.actionQuestion}
        choices={[
          { id: '', label: words.nothing },
          ...asked.actions.map((action) => ({ id: action.id, label: titleOf(action), dangerous: action.dangerous })),
        ]}
        answer={(choice) => {
          const action = asked.actions.find((candidate) => candidate.id === choice);
          if (action === undefined) setAsked(undefined);
          else begin(action, asked.argument);
        }}
      />
    );
  }

  const page = cluster === undefined ? emptyPage : pageOf(tab, cluster, view, spinner);
  const scoped = (scope: ClusterAction['scope']): readonly ClusterAction[] =>
    cluster?.actions.filter((action) => action.scope === scope) ?? [];
  const tabLine = (): readonly Spans[] => {
    if (cluster === undefined) return [[span(`${spinner} ${words.loading}`, 'running')]];
    const counts: Readonly<Record<Tab, number>> = {
      nodes: cluster.nodes.length,
      applications: cluster.applications.length,
      certificates: cluster.certificates.length,
      events: cluster.events.length,
    };
    return [
      tabs.flatMap((id): readonly Span[] => [
        span(id === tab ? '[ ' : '  ', 'accent', true),
        span(words.tabs[id], id === tab ? 'accent' : 'normal', id === tab),
        span(` ${counts[id]}`, 'dim'),
        span(id === tab ? ' ] ' : '   ', 'accent', true),
      ]),
    ];
  };
  const sideways = (step: -1 | 1): void => {
    const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length];
    if (next !== undefined) setTab(next);
  };
  const message = problemMessage(state.manageProblem, view);
  const { object, more } = page;
  return (
    <ListScreen
      key={tab}
      id={`manage-${name}-${tab}`}
      title={words.title}
      why={words.why(cluster?.kubernetesVersion ?? '')}
      summary={tabLine}
      columns={page.columns}
      count={page.count}
      rowKey={page.rowKey}
      cells={page.cells}
      {...(page.search === undefined ? {} : { search: page.search })}
      empty={cluster === undefined ? [] : [words.empty]}
      {...(more === undefined
        ? {}
        : {
            detail: (row, area) => {
              const text = more(row);
              return text === undefined ? [] : marked(span(view.profile.glyphs.bullet, 'dim'), text, area.width);
            },
          })}
      sideways={{ label: words.tab, run: sideways }}
      {...(object === undefined
        ? {}
        : {
            open: {
              label: words.actions,
              run: (row: number) => {
                const { name: target, scope } = object(row);
                const absent = tab === 'applications' && cluster?.applications[row]?.condition === 'absent';
                const fitting = scoped(scope).filter(
                  ({ when }) => when === undefined || scope !== 'application' || (when === 'absent') === absent,
                );
                setAsked({ object: target, argument: target, actions: fitting });
              },
            },
          })}
      actions={[
        ...scoped('cluster').map((action) => ({
          id: action.id,
          label: titleOf(action),
          run: () => begin(action, undefined),
        })),
        { id: 'logs', label: words.logs, run: () => model.runs.open(name) },
        { id: 'back', label: messages.words.back, run: () => model.back() },
      ]}
      back={() => model.back()}
      {...(message === undefined ? {} : { message })}
    />
  );
}
