import { Component, type ReactNode, useState } from 'react';
import { QuestionScreen } from './components/question-screen.tsx';
import type { TerminalProfile } from './environment.ts';
import type { Memory } from './memory.tsx';
import type { WizardModel } from './model/wizard-model.ts';
import type { ScreenId } from './model/wizard-state.ts';
import { Root } from './root.tsx';
import { ApplicationsScreen } from './screens/applications.tsx';
import { BundleScreen } from './screens/bundle.tsx';
import { ChecksScreen } from './screens/checks.tsx';
import { FinishedScreen } from './screens/finished.tsx';
import { HostsScreen } from './screens/hosts.tsx';
import { ManageScreen } from './screens/manage.tsx';
import { ProgressScreen } from './screens/progress.tsx';
import { ReviewScreen } from './screens/review.tsx';
import { RolesScreen } from './screens/roles.tsx';
import { WelcomeScreen } from './screens/welcome.tsx';
import { useView } from './view.tsx';
import { useWizard, type WizardExit, WizardProvider } from './wizard-context.tsx';

const screens: Readonly<Record<ScreenId, () => ReactNode>> = {
  welcome: WelcomeScreen,
  bundle: BundleScreen,
  hosts: HostsScreen,
  roles: RolesScreen,
  checks: ChecksScreen,
  applications: ApplicationsScreen,
  review: ReviewScreen,
  progress: ProgressScreen,
  finished: FinishedScreen,
  manage: ManageScreen,
};

/** Screens of a cluster rather than of the wizard; only there its name stands in the header. */
const ofCluster: readonly ScreenId[] = ['review', 'progress', 'finished', 'manage'];

export type WizardAppProps = {
  readonly model: WizardModel;
  readonly profile: TerminalProfile;
  readonly memory: Memory;
  readonly exit: (reason: WizardExit) => void;
  /** Told the lines of each frame. */
  readonly onFrame?: (lines: readonly string[]) => void;
  /** Told what a screen threw while it was drawn. */
  readonly onBroken?: (thrown: unknown) => void;
};

/** Keeps an error of one screen from ending in a half-drawn terminal. */
class Boundary extends Component<{ readonly onError: (thrown: unknown) => void; readonly children: ReactNode }> {
  override state = { broken: false };

  static getDerivedStateFromError(): { readonly broken: boolean } {
    return { broken: true };
  }

  override componentDidCatch(thrown: unknown): void {
    this.props.onError(thrown);
  }

  override render(): ReactNode {
    return this.state.broken ? null : this.props.children;
  }
}

/** The wizard: one screen after the other over what the model knows. */
export function WizardApp(props: WizardAppProps): ReactNode {
  return (
    <Boundary onError={(thrown) => props.onBroken?.(thrown)}>
      <WizardProvider model={props.model} exit={props.exit}>
        <Stage {...props} />
      </WizardProvider>
    </Boundary>
  );
}

function Stage({ model, profile, memory, onFrame }: WizardAppProps): ReactNode {
  const { state, exit } = useWizard();
  const [quitting, setQuitting] = useState(false);
  const Screen = screens[state.screen];
  const live = state.view?.live === true && state.run.finished === undefined;
  const named = state.screen === 'manage' ? (state.managed ?? '') : state.run.cluster || state.view?.cluster || '';
  const cluster = !ofCluster.includes(state.screen) ? '' : state.screen === 'review' ? state.name : named;
  const quit = (): void => exit(live ? { kind: 'detached', cluster: state.view?.cluster ?? '' } : { kind: 'quit' });
  return (
    <Root
      profile={profile}
      language={state.language}
      memory={memory}
      practice={model.services.practice !== undefined}
      cluster={cluster}
      {...(onFrame === undefined ? {} : { onFrame })}
      // A second Ctrl-C while the question is shown means yes.
      onQuit={() => (quitting ? quit() : setQuitting(true))}
      {...(quitting ? { overlay: <QuitQuestion live={live} close={() => setQuitting(false)} quit={quit} /> } : {})}
    >
      <Screen key={state.screen} />
    </Root>
  );
}

function QuitQuestion(props: {
  readonly live: boolean;
  readonly close: () => void;
  readonly quit: () => void;
}): ReactNode {
  const { model, state } = useWizard();
  const words = useView().messages.quit;
  const typed = state.hosts.length > 0 && state.view === undefined;
  const text = props.live ? words.runGoesOn : typed ? words.nothingChanged : words.idle;
  const choices = props.live
    ? [
        { id: 'no', label: words.no },
        { id: 'quit', label: words.leave },
        { id: 'stop', label: words.stop },
      ]
    : [
        { id: 'no', label: words.no },
        { id: 'quit', label: words.yes },
      ];
  return (
    <QuestionScreen
      layer="overlay"
      title={words.title}
      question={words.question}
      text={[text]}
      choices={choices}
      answer={(choice) => {
        if (choice === 'stop') model.runs.stop();
        if (choice === 'quit') props.quit();
        else props.close();
      }}
    />
  );
}
