import { roughDuration } from '../../../language/format.ts';
import { languages, type Messages } from '../../../language/index.ts';
import type { TerminalProfile } from '../environment.ts';
import { initialState, type WizardState } from '../model/wizard-state.ts';
import type { KnownCluster, WizardServices } from '../services.ts';
import { askApplications, askBundle, askChecks, askHosts, askReview, askRoles } from './ask-steps.ts';
import { type Asker, BackWish, createAsker } from './asker.ts';
import { watchRun } from './watch-run.ts';

export type AskWizardOptions = {
  readonly profile: TerminalProfile;
  readonly services: WizardServices;
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly output: NodeJS.WritableStream;
};

/** One conversation: what is known so far, and who is talked to. */
export type Conversation = {
  readonly asker: Asker;
  readonly services: WizardServices;
  readonly messages: Messages;
  state: WizardState;
};

const steps = [askBundle, askHosts, askRoles, askChecks, askApplications, askReview] as const;

async function knownClusters(services: WizardServices): Promise<readonly KnownCluster[]> {
  const controller = new AbortController();
  return new Promise((resolve, reject) => {
    services
      .watchClusters((clusters) => {
        controller.abort();
        resolve(clusters);
      }, controller.signal)
      .catch(reject);
  });
}

/** Walks through the questions; `<` goes back to the one before. True when the install was started. */
async function askAll(conversation: Conversation): Promise<boolean> {
  let index = 0;
  while (index < steps.length) {
    const step = steps[index];
    if (step === undefined) break;
    try {
      const { asker, messages } = conversation;
      const id = (['bundle', 'hosts', 'roles', 'checks', 'applications', 'review'] as const)[index] ?? 'bundle';
      const practice = conversation.services.practice === undefined ? '' : `  ${messages.frame.practice}`;
      asker.say();
      asker.say(`== ${messages.steps[id]}, ${messages.frame.stepOf(index + 1, steps.length)}${practice}`);
      if (!(await step(conversation))) return false;
      index++;
    } catch (thrown) {
      if (!(thrown instanceof BackWish)) throw thrown;
      if (index === 0) return false;
      index--;
    }
  }
  return true;
}

/** The whole wizard as numbered questions, one line after the other: nothing moves, nothing is drawn over. */
export async function askWizard(options: AskWizardOptions): Promise<void> {
  const { services, profile } = options;
  const messages = languages[profile.language];
  const asker = createAsker(options.input, options.output, messages);
  const conversation: Conversation = { asker, services, messages, state: initialState(profile.language) };
  const words = messages.welcome;
  try {
    asker.say(`Landfall ${services.version}. ${words.why}`);
    if (services.practice !== undefined) asker.say(messages.frame.practice);
    asker.say(messages.numbered.hint);
    const clusters = await knownClusters(services);
    const named = clusters.map(({ name, condition, nodes, changed }) => {
      const age = messages.words.ago(roughDuration(Date.now() - Date.parse(changed)));
      return `${name}: ${words.conditions[condition]}, ${messages.words.nodes(nodes)}, ${age}`;
    });
    const chosen = await asker.choose(messages.numbered.what, [...named, words.create, words.quit], clusters.length);
    const cluster = clusters[chosen];
    if (cluster !== undefined) {
      const live = cluster.condition === 'running' || cluster.condition === 'ready' || cluster.condition === 'degraded';
      await watchRun(
        conversation,
        live ? await services.openRun(cluster.name) : await services.resumeRun(cluster.name),
      );
    } else if (chosen === clusters.length && (await askAll(conversation)) && conversation.state.view !== undefined) {
      await watchRun(conversation, conversation.state.view);
    }
  } catch (thrown) {
    if (!(thrown instanceof BackWish)) throw thrown;
  } finally {
    asker.close();
  }
}
