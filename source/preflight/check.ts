import type { ClusterDocument, HostEntry } from '../cluster/document.ts';
import type { HostFacts } from '../hosts/facts.ts';
import type { CheckId } from '../language/checks-en.ts';

export type { CheckId } from '../language/checks-en.ts';

export type Severity = 'blocks' | 'warns' | 'informs';

export type Scope = 'host' | 'between-hosts' | 'cluster' | 'bundle' | 'application' | 'running';

/**
 * What a check says. `seen` and `needed` are short and of no language: values, paths, names. A check that could not run
 * is its own answer and never a pass.
 */
export type Verdict =
  | { readonly state: 'pass' }
  | { readonly state: 'finding'; readonly seen: string; readonly needed: string }
  | { readonly state: 'could-not-run'; readonly reason: string };

export const pass: Verdict = { state: 'pass' };

export function finding(seen: string, needed: string): Verdict {
  return { state: 'finding', seen, needed };
}

export function couldNotRun(reason: string): Verdict {
  return { state: 'could-not-run', reason };
}

/** A finding when the list of offences holds anything. */
export function findingWhen(offences: readonly string[], needed: string): Verdict {
  return offences.length === 0 ? pass : finding(offences.join('; '), needed);
}

/** What is known of a host when its checks run. */
export type HostInput = {
  readonly host: HostEntry;
  readonly facts: HostFacts;
  readonly document: ClusterDocument;
  /** The host is a part of this very cluster already, so what is ours on it is no finding. */
  readonly own: boolean;
};

/** A script of `assets/hosts/preflight/` that mends what a check found; the host's own record lets reset undo it. */
export type Fix = {
  readonly script: string;
  readonly args: (input: HostInput) => readonly string[];
  /** It ends or takes away what somebody may want, so it is done only where the person names the check. */
  readonly onConsent?: true;
};

type Common = {
  /** Stable: people put it into their documents. */
  readonly id: CheckId;
  readonly severity: Severity;
  /** Going on would surely fail or destroy something, so it cannot be accepted. */
  readonly neverIgnored?: true;
};

/** A pure function over the facts of one host. */
export type HostCheck = Common & {
  readonly fix?: Fix;
  /** False where the question does not arise; the check is then left out. */
  readonly applies?: (input: HostInput) => boolean;
  readonly evaluate: (input: HostInput) => Verdict;
};

/** A check whose verdicts come from elsewhere: a probe, a comparison, a bundle. */
export type DeclaredCheck = Common & { readonly scope: Scope };

export type CheckResult = {
  readonly id: CheckId;
  readonly scope: Scope;
  readonly severity: Severity;
  readonly neverIgnored: boolean;
  /** Host, `node-1 → node-2`, or what else it is about. */
  readonly subject: string;
  readonly verdict: Verdict;
  readonly fixable: boolean;
  /** It is mended only where the person names the check. */
  readonly onConsent?: true;
  /** The person accepted this finding by its id. */
  readonly accepted: boolean;
};
