import type { ReactNode } from 'react';
import { type Field, FormScreen, type FormValues } from '../components/form-screen.tsx';
import { problemMessage } from '../components/problem.ts';
import { effectiveLogin } from '../model/host-actions.ts';
import { parseHosts, parseRanges } from '../model/host-list.ts';
import { type HostRow, hostKey, nodeNames } from '../model/wizard-state.ts';
import type { Login } from '../services.ts';
import { useView, type View } from '../view.tsx';
import { useWizard } from '../wizard-context.tsx';

type Closing = { readonly close: () => void };

/** No address begins like this, so it is a file with addresses in it. */
function isPath(text: string): boolean {
  return /^\s*(~|\.{0,2})\//.test(text);
}

/** Addresses by hand or from the clipboard. */
export function AddHostsForm({ close }: Closing): ReactNode {
  const { model, state } = useWizard();
  const view = useView();
  const words = view.messages.hosts;
  const problem = problemMessage(state.hostProblem, view);
  const judge = (value: string): string | undefined => {
    if (isPath(value)) return undefined;
    const { targets, networks, wrong } = parseHosts(value);
    if (wrong.length > 0) return words.notUnderstood(wrong.slice(0, 3).join(', '));
    return targets.length + networks.length === 0 ? words.addNothing : undefined;
  };
  return (
    <FormScreen
      id="hosts-add"
      title={words.addTitle}
      step="hosts"
      why={words.addWhy}
      fields={[
        {
          name: 'addresses',
          label: words.addLabel,
          kind: 'text',
          initial: '',
          hint: (value) => {
            if (isPath(value)) return words.addFile;
            const { targets, networks } = parseHosts(value);
            return targets.length + networks.length === 0
              ? words.addHint
              : words.understood(targets.length, networks.length);
          },
          validate: judge,
        },
      ]}
      submit={{
        label: words.add,
        run: (values) => {
          const text = values['addresses'] ?? '';
          if (isPath(text)) {
            model.hosts.addFrom(text.trim(), close);
            return;
          }
          const { targets, networks } = parseHosts(text);
          model.hosts.add(targets);
          if (networks.length > 0) model.hosts.scan(networks);
          close();
        },
      }}
      back={close}
      {...(problem === undefined ? {} : { message: problem })}
    />
  );
}

/** Which addresses are asked for an SSH server. */
export function ScanForm({ close }: Closing): ReactNode {
  const { model, state } = useWizard();
  const { messages } = useView();
  const words = messages.hosts;
  const own = state.networks.map(({ cidr }) => cidr);
  const offered = model.services.practice?.ranges ?? own.slice(0, 1);
  return (
    <FormScreen
      id="hosts-scan"
      title={words.scanTitle}
      step="hosts"
      why={words.scanWhy}
      fields={[
        {
          name: 'ranges',
          label: words.scanLabel,
          kind: 'text',
          initial: offered.join(', '),
          hint: words.scanHint(own.join(', ')),
          validate: (value) => (parseRanges(value) === undefined ? words.scanWrong : undefined),
        },
      ]}
      submit={{
        label: words.scanStart,
        run: (values) => {
          model.hosts.scan(parseRanges(values['ranges'] ?? '') ?? []);
          close();
        },
      }}
      back={close}
    />
  );
}

function loginFields(
  view: View,
  login: Login | undefined,
  keys: readonly string[],
  visible: (values: FormValues) => boolean,
): readonly Field[] {
  const words = view.messages.hosts;
  const with_ =
    (method: Login['method']) =>
    (values: FormValues): boolean =>
      visible(values) && values['method'] === method;
  return [
    {
      name: 'user',
      label: words.user,
      kind: 'text',
      initial: login?.user ?? 'root',
      hint: words.userHint,
      validate: (value) => (value.trim() === '' ? words.userEmpty : undefined),
      visible,
    },
    {
      name: 'method',
      label: words.method,
      kind: 'choice',
      choices: (['password', 'key', 'agent'] as const).map((method) => ({
        value: method,
        label: words.methods[method],
      })),
      initial: login?.method ?? 'password',
      visible,
    },
    {
      name: 'password',
      label: words.password,
      kind: 'password',
      initial: login?.method === 'password' ? login.password : '',
      hint: words.passwordHint,
      validate: (value) => (value === '' ? words.passwordEmpty : undefined),
      visible: with_('password'),
    },
    {
      name: 'sudoPassword',
      label: words.sudoPassword,
      kind: 'password',
      initial: login?.method === 'password' ? (login.sudoPassword ?? '') : '',
      hint: words.sudoPasswordHint,
      visible: (values) => with_('password')(values) && values['user'] !== 'root',
    },
    {
      name: 'keyFile',
      label: words.keyFile,
      kind: 'text',
      initial: login?.method === 'key' ? login.keyFile : (keys[0] ?? '~/.ssh/id_ed25519'),
      ...(keys.length === 0 ? {} : { hint: words.keyFileHint(keys.join(', ')) }),
      validate: (value) => (value.trim() === '' ? words.keyFileEmpty : undefined),
      visible: with_('key'),
    },
    {
      name: 'passphrase',
      label: words.passphrase,
      kind: 'password',
      initial: login?.method === 'key' ? (login.passphrase ?? '') : '',
      hint: words.passphraseHint,
      visible: with_('key'),
    },
  ];
}

function toLogin(values: FormValues): Login {
  const user = (values['user'] ?? 'root').trim();
  if (values['method'] === 'key') {
    const passphrase = values['passphrase'] ?? '';
    const keyFile = (values['keyFile'] ?? '').trim();
    return { method: 'key', user, keyFile, ...(passphrase === '' ? {} : { passphrase }) };
  }
  if (values['method'] === 'agent') return { method: 'agent', user };
  const sudoPassword = user === 'root' ? '' : (values['sudoPassword'] ?? '');
  const password = values['password'] ?? '';
  return { method: 'password', user, password, ...(sudoPassword === '' ? {} : { sudoPassword }) };
}

/** One login for all hosts. */
export function LoginForm({ close }: Closing): ReactNode {
  const { model, state } = useWizard();
  const view = useView();
  const words = view.messages.hosts;
  const { practice } = model.services;
  const offered: Login | undefined =
    state.login ??
    (practice !== undefined
      ? { method: 'password', user: practice.user, password: practice.password }
      : state.keys[0] !== undefined
        ? { method: 'key', user: 'root', keyFile: state.keys[0] }
        : undefined);
  return (
    <FormScreen
      id="hosts-login"
      title={words.loginTitle}
      step="hosts"
      why={words.loginWhy}
      fields={loginFields(view, offered, state.keys, () => true)}
      submit={{
        label: words.loginDone,
        run: (values) => {
          model.hosts.setLogin(toLogin(values));
          close();
        },
      }}
      back={close}
    />
  );
}

/** Name and login of one host. */
export function EditHostForm({ row, close }: Closing & { readonly row: HostRow }): ReactNode {
  const { model, state } = useWizard();
  const view = useView();
  const words = view.messages.hosts;
  const key = hostKey(row.target);
  const name = nodeNames(state).get(key) ?? '';
  return (
    <FormScreen
      id={`hosts-edit-${key}`}
      title={words.editTitle}
      step="hosts"
      why={words.loginFor(row.target.address)}
      fields={[
        {
          name: 'name',
          label: words.nodeName,
          kind: 'text',
          initial: row.name ?? name,
          hint: words.nodeNameHint,
          validate: (value) => (/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(value) ? undefined : words.nodeNameWrong),
        },
        {
          name: 'own',
          label: words.ownLogin,
          kind: 'switch',
          initial: row.target.login === undefined ? 'false' : 'true',
        },
        ...loginFields(view, effectiveLogin(row.target, state.login), state.keys, (values) => values['own'] === 'true'),
      ]}
      submit={{
        label: words.save,
        run: (values) => {
          model.hosts.rename(key, values['name'] ?? name);
          const own = values['own'] === 'true' ? toLogin(values) : undefined;
          if (own !== undefined || row.target.login !== undefined) model.hosts.setOwnLogin(key, own);
          close();
        },
      }}
      back={close}
    />
  );
}
