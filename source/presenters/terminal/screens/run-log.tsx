import type { ReactNode } from 'react';
import { roughDuration } from '../../../language/format.ts';
import type { LogLine, RunState } from '../../run-state.ts';
import { type Spans, span } from '../components/line.tsx';
import { LogScreen } from '../components/log-screen.tsx';
import { stepTitle } from '../step-title.ts';
import { fit } from '../text.ts';
import type { Tone } from '../theme.ts';
import { useView, type View } from '../view.tsx';

export type LogChoice = { readonly kind: 'host'; readonly host: string } | { readonly kind: 'all' | 'commands' };

function lineText(line: LogLine, run: RunState, view: View): { readonly text: string; readonly tone: Tone } {
  const words = view.messages.log;
  const title = stepTitle(run.plan[line.step], view.messages);
  switch (line.kind) {
    case 'started':
      return { text: words.started(title), tone: 'accent' };
    case 'finished': {
      const took = run.steps[line.step]?.milliseconds ?? 0;
      return { text: words.finished(title, view.messages.words.duration(roughDuration(took))), tone: 'good' };
    }
    case 'unchanged':
      return { text: words.unchanged(title), tone: 'dim' };
    case 'command':
      return { text: `$ ${line.text}`, tone: 'dim' };
    case 'failure':
      return { text: line.text, tone: 'bad' };
    case 'output':
      return { text: line.text, tone: 'normal' };
  }
}

/** The log of one host, of all, or only the steps and the commands they run. */
export function RunLogScreen(props: {
  readonly run: RunState;
  readonly choice: LogChoice;
  readonly journal: string;
  readonly close: () => void;
}): ReactNode {
  const view = useView();
  const words = view.messages.log;
  const { choice, run } = props;
  const host = choice.kind === 'host' ? run.hosts[run.hostIndex.get(choice.host) ?? -1] : undefined;
  const kept = choice.kind === 'host' ? (host?.lines ?? []) : run.log;
  const lines = choice.kind === 'commands' ? kept.filter((line) => line.kind !== 'output') : kept;
  const longest = Math.min(20, Math.max(0, ...run.hosts.map(({ name }) => name.length)));
  const title = choice.kind === 'host' ? words.title(choice.host) : choice.kind === 'all' ? words.all : words.commands;
  return (
    <LogScreen
      title={title}
      why={words.why(props.journal)}
      count={lines.length}
      close={props.close}
      line={(index): Spans => {
        const line = lines[index];
        if (line === undefined) return [];
        const { text, tone } = lineText(line, run, view);
        const from = choice.kind === 'host' ? '' : `${fit(line.host, longest, view.profile.glyphs.ellipsis)}  `;
        return [span(`${line.at.slice(11, 19)}  `, 'dim'), span(from, 'accent'), span(text, tone)];
      }}
    />
  );
}
