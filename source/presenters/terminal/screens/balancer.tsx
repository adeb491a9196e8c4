import type { ReactNode } from 'react';
import { QuestionScreen } from '../components/question-screen.tsx';
import { withoutIpvs } from '../model/wizard-state.ts';
import type { BalancerDriver } from '../services.ts';
import { useView } from '../view.tsx';
import { useWizard } from '../wizard-context.tsx';

/** Names in one line, the first few where there are many. */
export function shortList(names: readonly string[]): string {
  return names.slice(0, 4).join(', ') + (names.length > 4 ? ', ...' : '');
}

/** Which load balancer every node gets; only what the kernels of all chosen hosts can do is offered. */
export function BalancerScreen(props: { readonly close: () => void }): ReactNode {
  const { model, state } = useWizard();
  const words = useView().messages.review;
  const without = withoutIpvs(state);
  const other: BalancerDriver = state.balancer === 'haproxy' ? 'keepalived' : 'haproxy';
  const offered = [state.balancer, other].filter((driver) => driver === 'haproxy' || without.length === 0);
  return (
    <QuestionScreen
      title={words.balancer}
      question={words.balancerWhy}
      text={[words.balancerHelp, without.length === 0 ? words.balancerBoth : words.balancerOnly(shortList(without))]}
      choices={offered.map((driver) => ({ id: driver, label: words.balancers[driver] }))}
      answer={(choice) => {
        const balancer = offered.find((driver) => driver === choice);
        if (balancer !== undefined && balancer !== state.balancer) {
          model.change({ balancer, saved: undefined });
          model.runs.preview();
        }
        props.close();
      }}
      back={props.close}
    />
  );
}
