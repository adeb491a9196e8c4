import type { ImageName } from '../bundle/image-name.ts';
import type { ImageOrigin } from '../bundle/image-source.ts';
import type { ApplicationEntry, ClusterDocument } from '../cluster/document.ts';
import type { HostSecrets } from '../hosts/ssh-login.ts';
import type { RestoreSource } from '../phases/context.ts';
import type { RestoreManner } from '../workflows/restore.ts';

/** What a run shall do. It holds no secret, so it may lie beside the journal. */
export type RunRequest = {
  readonly document: ClusterDocument;
  /** Absolute path of the opened bundle's folder. */
  readonly bundle?: string;
  /** Who answers when a step failed for good: a person at a screen, or the rule "leave this host out, go on elsewhere". */
  readonly questions: 'ask' | 'skip-host';
  /** Takes the cluster's lock from another owner. */
  readonly takeOver: boolean;
} & (
  | { readonly workflow: 'install' }
  | { readonly workflow: 'restore'; readonly manner: RestoreManner; readonly source: RestoreSource }
  | { readonly workflow: 'reset'; readonly keepData: boolean }
  | { readonly workflow: 'renew-certificates'; readonly host?: string; readonly all: boolean }
  | { readonly workflow: 'add-names' }
  | { readonly workflow: 'repair-registry' }
  | { readonly workflow: 'rotate-registry' }
  | { readonly workflow: 'prune-registry'; readonly images: readonly string[] }
  | { readonly workflow: 'push-images'; readonly origin: ImageOrigin; readonly name?: ImageName }
  | {
      readonly workflow: 'rotate-authorities';
      /** The stage to stop after; `retire` is the whole way. */
      readonly until: 'trust' | 'switch' | 'retire';
      readonly back: boolean;
      /** Folder with the user's own new authorities. */
      readonly authorityFolder?: string;
    }
  | { readonly workflow: 'install-applications'; readonly applications: readonly ApplicationEntry[] }
  | { readonly workflow: 'uninstall-application'; readonly application: string; readonly deleteData: boolean }
);

/** Secrets a person typed, by host name; they reach the run's process on its standard input and are written nowhere. */
export type TypedSecrets = Readonly<Record<string, HostSecrets>>;
