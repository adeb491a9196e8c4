import { toLandfallError } from '../errors.ts';
import { type CheckId, type CheckResult, finding } from './check.ts';
import type { ResultMaker } from './results.ts';

const checkOfCode: Readonly<Record<string, CheckId>> = {
  SSH_UNREACHABLE: 'host-reachable',
  SSH_LOST: 'host-reachable',
  SSH_AUTH: 'ssh-login',
  SSH_KEY_FILE: 'ssh-login',
  SSH_KEY_UNSUPPORTED: 'ssh-login',
  SSH_SHELL: 'ssh-login',
  SSH_HOST_KEY_CHANGED: 'ssh-host-key',
  SUDO_DENIED: 'sudo-rights',
  SUDO_PASSWORD: 'sudo-rights',
  HOST_UNSUPPORTED: 'processor-architecture',
};

const neededOf: Partial<Readonly<Record<CheckId, string>>> = {
  'host-reachable': 'SSH',
  'ssh-login': 'login',
  'ssh-host-key': 'known key',
  'sudo-rights': 'root',
  'processor-architecture': 'x86_64, aarch64',
};

/** What kept a host from being looked at, as the finding of the check that stands for it. */
export function connectFailure(host: string, thrown: unknown, make: ResultMaker): CheckResult {
  const error = toLandfallError(thrown, { host });
  const id = checkOfCode[error.code] ?? (error.code.startsWith('SSH_') ? 'host-reachable' : 'host-answers-facts');
  return make(id, host, finding(error.message, neededOf[id] ?? 'facts'));
}

/** The checks that a host passed by being looked at. */
export const connectChecks: readonly CheckId[] = [
  'host-reachable',
  'ssh-login',
  'ssh-host-key',
  'sudo-rights',
  'processor-architecture',
  'host-answers-facts',
];
