import { type ReactNode, useState } from 'react';
import { roughDuration } from '../../../language/format.ts';
import { blank, paragraph } from '../components/layout.ts';
import { type Spans, span } from '../components/line.tsx';
import { ListScreen } from '../components/list-screen.tsx';
import { problemMessage } from '../components/problem.ts';
import { QuestionScreen } from '../components/question-screen.tsx';
import { useSpinner } from '../components/spinner.ts';
import type { ClusterCondition, KnownCluster } from '../services.ts';
import { fit } from '../text.ts';
import type { Tone } from '../theme.ts';
import { useView } from '../view.tsx';
import { useWizard } from '../wizard-context.tsx';

const tones: Readonly<Record<ClusterCondition, Tone>> = {
  running: 'running',
  interrupted: 'warning',
  failed: 'bad',
  ready: 'good',
  degraded: 'warning',
  unreachable: 'bad',
  checking: 'dim',
  draft: 'dim',
};

type Entry = { readonly id: string; readonly title: string; readonly help: string; readonly run: () => void };

/** Clusters known here, and what can be begun. */
export function WelcomeScreen(): ReactNode {
  const { model, state, exit } = useWizard();
  const view = useView();
  const { messages, profile } = view;
  const words = messages.welcome;
  const [asking, setAsking] = useState<KnownCluster>();
  const clusters = state.clusters ?? [];
  const spinner = useSpinner(clusters.some(({ condition }) => condition === 'running' || condition === 'checking'));

  const marks: Readonly<Record<ClusterCondition, string>> = {
    running: spinner,
    interrupted: profile.glyphs.warning,
    failed: profile.glyphs.failed,
    ready: profile.glyphs.done,
    degraded: profile.glyphs.warning,
    unreachable: profile.glyphs.failed,
    checking: spinner,
    draft: profile.glyphs.waiting,
  };

  const startBundle = (): void => {
    model.go('bundle');
    if (state.bundles.length === 0) model.bundles.search();
  };
  const entries: readonly Entry[] = [
    { id: 'create', title: words.create, help: words.createHelp, run: startBundle },
    { id: 'bundle', title: words.bundle, help: words.bundleHelp, run: startBundle },
    ...(model.services.practice === undefined
      ? [{ id: 'practice', title: words.practice, help: words.practiceHelp, run: () => exit({ kind: 'practice' }) }]
      : []),
    {
      id: 'language',
      title: words.language,
      help: words.languageHelp(profile.glyphs.arrow),
      run: () => model.change({ language: state.language === 'en' ? 'zh' : 'en' }),
    },
    { id: 'quit', title: words.quit, help: words.quitHelp, run: () => exit({ kind: 'quit' }) },
  ];
  const open = (cluster: KnownCluster): void => {
    if (cluster.condition === 'running') model.runs.open(cluster.name);
    else if (cluster.condition === 'interrupted' || cluster.condition === 'failed') setAsking(cluster);
    else model.runs.manage(cluster.name);
  };

  if (asking !== undefined) {
    return (
      <QuestionScreen
        title={words.openTitle(asking.name)}
        question={asking.detail ?? words.openInterrupted}
        choices={[
          { id: 'go-on', label: words.goOn },
          { id: 'look', label: words.look },
          { id: 'manage', label: words.manage },
          { id: 'back', label: messages.words.back },
        ]}
        back={() => setAsking(undefined)}
        answer={(choice) => {
          setAsking(undefined);
          if (choice === 'go-on') model.runs.resume(asking.name);
          if (choice === 'look') model.runs.open(asking.name);
          if (choice === 'manage') model.runs.manage(asking.name);
        }}
      />
    );
  }

  const titleWidth = 18;
  const clusterCells = (cluster: KnownCluster): readonly Spans[] => {
    const tone = tones[cluster.condition];
    const percent = cluster.progress === undefined ? '' : `, ${Math.floor(cluster.progress * 100)}%`;
    const age = roughDuration(Date.now() - Date.parse(cluster.changed));
    return [
      [span(cluster.name)],
      [span(`${marks[cluster.condition]} `, tone), span(words.conditions[cluster.condition] + percent, tone)],
      [span(String(cluster.nodes))],
      [span(messages.words.ago(age), 'dim')],
    ];
  };
  const problem = problemMessage(state.manageProblem, view);
  return (
    <ListScreen
      id="welcome"
      title={words.title}
      why={words.why}
      {...(problem === undefined ? {} : { message: problem })}
      columns={[
        { title: words.name, width: titleWidth },
        { title: words.state, width: 24, grow: 1 },
        { title: words.nodes, width: 6, align: 'right' },
        { title: words.changed, width: 16, optional: 1 },
      ]}
      count={clusters.length + entries.length}
      rowKey={(row) => clusters[row]?.name ?? entries[row - clusters.length]?.id ?? ''}
      hideHead={clusters.length === 0}
      gapBefore={(row) => clusters.length > 0 && row === clusters.length}
      cells={(row) => {
        const cluster = clusters[row];
        return cluster === undefined ? [] : clusterCells(cluster);
      }}
      line={(row) => {
        const entry = entries[row - clusters.length];
        if (entry === undefined) return undefined;
        return [span(`${fit(entry.title, titleWidth, '')}  `), span(entry.help, 'dim')];
      }}
      summary={(area) => {
        if (clusters.length > 0) return [];
        const need = paragraph(words.need, Math.min(76, area.width));
        return area.height < 12 ? need : [...need, blank, ...paragraph(words.keysHint, area.width, 'dim')];
      }}
      actions={[]}
      open={{
        label: words.open,
        run: (row) => {
          const cluster = clusters[row];
          if (cluster === undefined) entries[row - clusters.length]?.run();
          else open(cluster);
        },
      }}
      commands={[{ command: 'language', run: () => entries.find(({ id }) => id === 'language')?.run() }]}
    />
  );
}
