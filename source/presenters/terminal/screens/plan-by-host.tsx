import type { ReactNode } from 'react';
import { type Spans, span } from '../components/line.tsx';
import { ListScreen } from '../components/list-screen.tsx';
import type { PlanPreview } from '../services.ts';
import { stepTitle } from '../step-title.ts';
import { useView, type View } from '../view.tsx';

type Line = { readonly host: string; readonly number: number; readonly title: string };

function linesOf(preview: PlanPreview, view: View): readonly Line[] {
  const { messages } = view;
  return preview.hosts.flatMap(({ name, steps }) => [
    { host: name, number: 0, title: messages.review.steps(steps.length) },
    ...steps.map((step, index) => ({ host: name, number: index + 1, title: stepTitle(step, messages) })),
  ]);
}

/** All that the run would do, host by host. */
export function PlanByHostScreen(props: { readonly preview: PlanPreview; readonly close: () => void }): ReactNode {
  const view = useView();
  const words = view.messages.review;
  const lines = linesOf(props.preview, view);
  const line = (row: number): Spans | undefined => {
    const { host, number, title } = lines[row] ?? { host: '', number: 0, title: '' };
    return number === 0
      ? [span(host, 'title'), span(`  ${title}`, 'dim')]
      : [span(`${String(number).padStart(4)}  `, 'dim'), span(title)];
  };
  return (
    <ListScreen
      id="review-plan"
      title={words.byHost}
      step="review"
      why={words.byHostWhy}
      columns={[]}
      hideHead
      count={lines.length}
      rowKey={(row) => `${lines[row]?.host}/${lines[row]?.number}`}
      cells={() => []}
      line={line}
      gapBefore={(row) => row > 0 && lines[row]?.number === 0}
      search={(row) => `${lines[row]?.host} ${lines[row]?.title}`}
      actions={[{ id: 'back', label: view.messages.words.back, run: props.close }]}
      open={{ label: view.messages.words.back, run: props.close }}
      back={props.close}
    />
  );
}
