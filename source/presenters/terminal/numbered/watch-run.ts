import { spoken } from '../../../language/explain.ts';
import { roughDuration } from '../../../language/format.ts';
import { progressOf } from '../../remaining-time.ts';
import { applyEvents, emptyRun, type RunState } from '../../run-state.ts';
import type { RunView } from '../services.ts';
import { stepTitle } from '../step-title.ts';
import type { Conversation } from './ask-wizard.ts';

/** Says a run line by line: each tenth of it, each failure; questions of the run are asked here. */
export async function watchRun(talk: Conversation, view: RunView): Promise<void> {
  const { asker, messages, services } = talk;
  const words = messages.progress;
  let run: RunState = emptyRun;
  let tenth = -1;
  const asked = new Set<string>();
  let asking: Promise<void> = Promise.resolve();
  const failed = new Set<number>();
  asker.say(words.why);
  asker.say(words.journal(view.journal));
  const answerNext = async (): Promise<void> => {
    for (const question of run.questions) {
      if (asked.has(question.question)) continue;
      asked.add(question.question);
      const planned = run.plan[question.step];
      const title = words.question(stepTitle(planned, messages), planned?.host ?? '');
      const chosen = await asker.choose(
        title,
        question.choices.map((choice) => words[choice]),
        0,
      );
      const choice = question.choices[chosen];
      if (choice !== undefined) await view.answer(question.question, choice);
    }
  };
  await view.follow((events) => {
    run = applyEvents(run, events);
    const { share, remaining } = progressOf(run, run.lastAt ?? Date.now(), view.history);
    if (Math.floor(share * 10) > tenth) {
      tenth = Math.floor(share * 10);
      const left =
        remaining === undefined ? words.estimating : words.left(messages.words.duration(roughDuration(remaining)));
      const phase = run.phases.find(({ running }) => running > 0);
      const title =
        phase === undefined ? '' : `, ${messages.phases[phase.id as keyof typeof messages.phases] ?? phase.title}`;
      asker.say(`${Math.floor(share * 100)}%${title}${run.finished === undefined ? `, ${left}` : ''}`);
    }
    for (const [index, step] of run.steps.entries()) {
      if (step.status !== 'failed' || failed.has(index)) continue;
      failed.add(index);
      asker.say(`${run.plan[index]?.host}: ${words.states.failed}: ${stepTitle(run.plan[index], messages)}.`);
      if (step.failure !== undefined) for (const line of spoken(step.failure, messages)) asker.say(`  ${line}`);
    }
    for (const [index, step] of run.steps.entries()) if (step.status === 'running') failed.delete(index);
    asking = asking.then(answerNext);
  }, new AbortController().signal);
  await asking;
  const { finished } = run;
  if (finished === undefined) return;
  if (run.failure !== undefined) asker.say(spoken(run.failure.details, messages).join(' '));
  const ended = messages.finished;
  if (finished.outcome !== 'succeeded') {
    asker.say(finished.outcome === 'stopped' ? ended.stoppedWhy : ended.failedWhy(finished.failed));
    return;
  }
  asker.say(ended.successWhy(view.cluster, messages.words.duration(roughDuration(finished.milliseconds))));
  const access = await services.access(view.cluster);
  for (const command of access.commands) asker.say(command);
  const reveal =
    access.applications.some(({ password }) => password !== undefined) && (await asker.confirm(ended.reveal));
  for (const { title, address, user, password } of access.applications) {
    const secret = password === undefined ? '' : `, ${ended.password} ${reveal ? password : '********'}`;
    asker.say(`${title}: ${address ?? ''}${user === undefined ? '' : `, ${ended.user} ${user}`}${secret}`);
  }
  asker.say(`${ended.repeat}: ${access.repeat}`);
}
