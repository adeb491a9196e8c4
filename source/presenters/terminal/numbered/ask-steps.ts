import { LandfallError } from '../../../errors.ts';
import { spoken } from '../../../language/explain.ts';
import { formatBytes, roughDuration } from '../../../language/format.ts';
import { type CheckGroup, groupChecks } from '../model/check-groups.ts';
import { parseHosts } from '../model/host-list.ts';
import {
  draftOf,
  hostKey,
  includedHosts,
  nodeNames,
  openFindings,
  rolesOf,
  sumOfNeeds,
  withoutIpvs,
} from '../model/wizard-state.ts';
import type { CheckResult, HostTarget, Login } from '../services.ts';
import type { Conversation } from './ask-wizard.ts';

const never = new AbortController().signal;

/** Which bundle; the found ones by number, or a path. */
export async function askBundle(talk: Conversation): Promise<boolean> {
  const { asker, messages, services } = talk;
  const words = messages.bundle;
  asker.say(words.why);
  const found: (typeof talk.state.bundles)[number][] = [];
  await services.findBundles((bundle) => found.push(bundle), never);
  const usable = found.filter((bundle) => bundle.problem === undefined);
  const lines = usable.map(
    (bundle) => `Kubernetes ${bundle.kubernetesVersion}, ${formatBytes(bundle.size)}, ${bundle.directory}`,
  );
  const chosen = await asker.choose(
    usable.length === 0 ? words.empty : words.found(usable.length),
    [...lines, words.path],
    0,
  );
  let bundle = usable[chosen];
  if (bundle === undefined) {
    const directory = await asker.ask(words.pathLabel, {
      judge: (value) => (value === '' ? words.pathEmpty : undefined),
    });
    bundle = await services.inspectBundle(directory);
  }
  if (bundle.problem !== undefined) throw new LandfallError(bundle.problem);
  talk.state = { ...talk.state, bundles: [bundle], bundle: bundle.directory };
  return true;
}

async function askLogin({ asker, messages, services, state }: Conversation): Promise<Login> {
  const words = messages.hosts;
  asker.say(words.loginWhy);
  const user = await asker.ask(words.user, { standard: state.login?.user ?? services.practice?.user ?? 'root' });
  const methods = ['password', 'key', 'agent'] as const;
  const method =
    methods[
      await asker.choose(
        words.method,
        methods.map((name) => words.methods[name]),
        0,
      )
    ] ?? 'agent';
  if (method === 'agent') return { method, user };
  if (method === 'key') {
    const keyFile = await asker.ask(words.keyFile, { standard: '~/.ssh/id_ed25519' });
    const passphrase = await asker.ask(`${words.passphrase} (${words.passphraseHint})`, { hidden: true });
    return { method, user, keyFile, ...(passphrase === '' ? {} : { passphrase }) };
  }
  const known = services.practice?.password;
  const password = await asker.ask(words.password, {
    hidden: true,
    ...(known === undefined ? {} : { standard: known }),
    judge: (value) => (value === '' ? words.passwordEmpty : undefined),
  });
  if (user === 'root') return { method, user, password };
  const sudoPassword = await asker.ask(`${words.sudoPassword} (${words.sudoPasswordHint})`, { hidden: true });
  return { method, user, password, ...(sudoPassword === '' ? {} : { sudoPassword }) };
}

/** Which hosts, and how to get into them; what each one is is said as it is learnt. */
export async function askHosts(talk: Conversation): Promise<boolean> {
  const { asker, messages, services } = talk;
  const words = messages.hosts;
  asker.say(words.why);
  asker.say(words.addWhy);
  const typed = await asker.ask(words.addLabel, {
    standard:
      talk.state.hosts.map((row) => hostKey(row.target)).join(', ') || (services.practice?.ranges.join(', ') ?? ''),
    judge: (value) => {
      const { targets, networks, wrong } = parseHosts(value);
      if (wrong.length > 0) return words.notUnderstood(wrong.join(', '));
      return targets.length + networks.length === 0 ? words.addNothing : undefined;
    },
  });
  const parsed = parseHosts(typed);
  const targets: HostTarget[] = [...parsed.targets];
  if (parsed.networks.length > 0) {
    await services.scanNetwork(
      parsed.networks,
      ({ address, port, cluster }) => {
        // Told again, with the cluster it is in: that one is not taken.
        const at = targets.findIndex((target) => target.address === address && target.port === port);
        if (at < 0) targets.push({ address, port });
        else if (cluster !== undefined) targets.splice(at, 1);
      },
      () => {},
      never,
    );
    asker.say(messages.words.hosts(targets.length));
  }
  const login = await askLogin(talk);
  const states = new Map<string, Parameters<Parameters<WizardConnect>[1]>[0]>();
  await services.connectHosts(
    targets.map((target) => ({
      ...target,
      login: target.login?.method === 'agent' ? { ...login, user: target.login.user } : (target.login ?? login),
    })),
    (state) => {
      states.set(hostKey(state), state);
      if (state.condition === 'connecting') return;
      const { summary, problem } = state;
      const what =
        summary === undefined
          ? problem === undefined
            ? ''
            : spoken(problem, talk.messages).join(' ')
          : `${summary.hostname}, ${summary.system}, ${summary.processors} CPU, ${formatBytes(summary.memory)}`;
      asker.say(`${hostKey(state)}: ${words.states[state.condition]}. ${what}`);
      if (state.fingerprint !== undefined) asker.say(`  ${words.fingerprint}: ${state.fingerprint}`);
    },
    never,
  );
  talk.state = {
    ...talk.state,
    login,
    hosts: targets.map((target) => {
      const state = states.get(hostKey(target));
      return { target, included: state?.condition === 'ready', ...(state === undefined ? {} : { state }) };
    }),
  };
  const ready = includedHosts(talk.state).length;
  asker.say(words.summary(ready, ready, targets.length));
  if (ready === targets.length) return true;
  const next = await asker.choose(
    words.notReady(targets.length - ready),
    [messages.numbered.again, messages.numbered.without],
    0,
  );
  return next === 0 || ready === 0 ? askHosts(talk) : true;
}

type WizardConnect = Conversation['services']['connectHosts'];

/** Which load balancer; asked only where there is a choice. */
async function askBalancer(talk: Conversation): Promise<void> {
  const { asker, messages } = talk;
  const words = messages.review;
  const without = withoutIpvs(talk.state);
  const drivers = ['haproxy', 'keepalived'] as const;
  asker.say(words.balancerWhy);
  if (without.length > 0) {
    talk.state = { ...talk.state, balancer: 'haproxy' };
    asker.say(`${words.balancers.haproxy}. ${words.balancerOnly(without.join(', '))}`);
    return;
  }
  asker.say(words.balancerHelp);
  const chosen = await asker.choose(
    words.balancer,
    drivers.map((driver) => words.balancers[driver]),
    drivers.indexOf(talk.state.balancer),
  );
  talk.state = { ...talk.state, balancer: drivers[chosen] ?? 'haproxy' };
}

export async function askRoles(talk: Conversation): Promise<boolean> {
  const { asker, messages } = talk;
  const words = messages.roles;
  asker.say(words.why);
  for (;;) {
    const rows = includedHosts(talk.state);
    const roles = rolesOf(talk.state);
    const names = nodeNames(talk.state);
    for (const [index, row] of rows.entries()) {
      const key = hostKey(row.target);
      asker.say(`  ${index + 1}. ${names.get(key)}: ${words[roles.get(key) ?? 'worker']}`);
    }
    const planes = [...roles.values()].filter((role) => role === 'control-plane').length;
    asker.say(words.counts(planes, rows.length - planes));
    const typed = await asker.ask(messages.numbered.roles, {
      judge: (value) => {
        if (value === '') return planes === 0 ? words.none : undefined;
        return Number(value) >= 1 && Number(value) <= rows.length ? undefined : messages.numbered.between(rows.length);
      },
    });
    const row = typed === '' ? undefined : rows[Number(typed) - 1];
    if (row === undefined) {
      await askBalancer(talk);
      return true;
    }
    const key = hostKey(row.target);
    const next = roles.get(key) === 'worker' ? 'control-plane' : 'worker';
    talk.state = { ...talk.state, roles: { ...Object.fromEntries(roles), [key]: next } };
  }
}

function sayGroup(talk: Conversation, group: CheckGroup): void {
  const { asker, messages } = talk;
  const words = messages.checks;
  const [result] = group.results;
  if (result === undefined) return;
  const hosts = group.results.map(({ host }) => host).join(', ');
  asker.say(`${words.outcomes[group.weight]}: ${result.title} (${hosts})`);
  if (result.seen !== undefined) asker.say(`  ${words.seen}: ${result.seen}`);
  if (result.needed !== undefined) asker.say(`  ${words.needed}: ${result.needed}`);
  if (result.why !== undefined) asker.say(`  ${words.why2}: ${result.why}`);
  if (result.remedy !== undefined) asker.say(`  ${words.remedy}: ${result.remedy}`);
}

export async function askChecks(talk: Conversation): Promise<boolean> {
  const { asker, messages, services } = talk;
  const words = messages.checks;
  asker.say(words.why);
  const results = new Map<string, CheckResult>();
  const take = (result: CheckResult): void => {
    if (result.outcome !== 'running') results.set(`${result.id} ${result.host}`, result);
  };
  const draft = (): ReturnType<typeof draftOf> => draftOf(talk.state);
  await services.runChecks(draft(), talk.state.language, take, never);
  for (;;) {
    talk.state = { ...talk.state, checks: [...results.values()] };
    const groups = groupChecks(talk.state.checks, talk.state.accepted);
    for (const group of groups.filter(({ weight }) => weight !== 'passed')) sayGroup(talk, group);
    const open = openFindings(talk.state);
    if (open.length === 0) {
      asker.say(words.good(talk.state.checks.filter((result) => result.outcome === 'passed').length, 0));
      return true;
    }
    const fixable = talk.state.checks.filter(
      (result) => result.outcome === 'failed' && result.fixable && result.onConsent !== true,
    );
    const acceptable = open.filter((result) => result.acceptable);
    const choices = [
      { id: 'again', label: words.again },
      ...(fixable.length > 0 ? [{ id: 'fix', label: words.fixAll }] : []),
      ...(acceptable.length > 0 ? [{ id: 'accept', label: `${words.doAccept} (${acceptable.length})` }] : []),
    ];
    const choice =
      choices[
        await asker.choose(
          words.blocked(open.length),
          choices.map(({ label }) => label),
        )
      ]?.id;
    if (choice === 'fix') await services.fixChecks(draft(), fixable, talk.state.language, take, never);
    else if (choice === 'accept') {
      const accepted = [...talk.state.accepted, ...acceptable.map(({ id, host }) => ({ id, host }))];
      talk.state = { ...talk.state, accepted };
    } else {
      results.clear();
      await services.runChecks(draft(), talk.state.language, take, never);
    }
  }
}

export async function askApplications(talk: Conversation): Promise<boolean> {
  const { asker, messages, services } = talk;
  const words = messages.applications;
  const catalogue = await services.catalogue(talk.state.bundle ?? '', talk.state.language);
  talk.state = { ...talk.state, catalogue };
  if (catalogue.length === 0) {
    asker.say(words.empty);
    return true;
  }
  asker.say(words.why);
  for (const [index, entry] of catalogue.entries())
    asker.say(`  ${index + 1}. ${entry.title} ${entry.version}: ${entry.summary}`);
  const typed = await asker.ask(messages.numbered.applications, {
    judge: (value) =>
      value.split(/[\s,]+/).every((part) => part === '' || (Number(part) >= 1 && Number(part) <= catalogue.length))
        ? undefined
        : messages.numbered.between(catalogue.length),
  });
  const chosen = new Set(
    typed
      .split(/[\s,]+/)
      .filter((part) => part !== '')
      .map((part) => Number(part) - 1),
  );
  const applications = catalogue
    .filter((_, index) => chosen.has(index))
    .map((entry) => ({
      package: entry.package,
      parameters: Object.fromEntries(
        entry.parameters.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value] as const])),
      ),
    }));
  talk.state = { ...talk.state, applications };
  const needs = sumOfNeeds(talk.state);
  asker.say(
    `${words.selected(applications.length)}: ${needs.processors.toFixed(1)} CPU, ${formatBytes(needs.memory)}, ${formatBytes(needs.disk)}`,
  );
  return true;
}

/** The only point of no return: everything once more, then a question whose answer to Enter is no. */
export async function askReview(talk: Conversation): Promise<boolean> {
  const { asker, messages, services } = talk;
  const words = messages.review;
  const name = await asker.ask(words.nameTitle, {
    standard: talk.state.name,
    judge: (value) => (/^[a-z]([-a-z0-9]{0,38}[a-z0-9])?$/.test(value) ? undefined : words.nameWrong),
  });
  talk.state = { ...talk.state, name };
  const preview = await services.previewPlan(draftOf(talk.state));
  for (const [index, phase] of preview.phases.entries()) {
    const title = messages.phases[phase.id as keyof typeof messages.phases] ?? phase.title;
    asker.say(`  ${index + 1}. ${title}: ${words.steps(phase.steps)}`);
  }
  if (preview.expectedMilliseconds !== undefined) {
    asker.say(words.takes(messages.words.duration(roughDuration(preview.expectedMilliseconds))));
  }
  for (const problem of preview.problems) asker.say(`! ${spoken(problem, messages).join(' ')}`);
  if (preview.problems.length > 0) return false;
  const saved = await services.saveDocument(draftOf(talk.state));
  asker.say(words.saved(saved.file));
  asker.say(words.same(saved.command));
  asker.say(words.sureText(includedHosts(talk.state).length));
  if (!(await asker.confirm(words.sure))) return false;
  talk.state = { ...talk.state, view: await services.startInstall(draftOf(talk.state)) };
  return true;
}
