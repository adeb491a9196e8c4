import { readAsset } from '../assets.ts';
import type { StepReporter } from '../engine/step.ts';
import { LandfallError } from '../errors.ts';
import type { HostConnection } from '../hosts/connection.ts';
import { hostPaths } from './paths.ts';

/** One thing a change of certificates does on a host. `mode` is octal, such as 0o600. */
export type ChangeItem =
  | { readonly do: 'place'; readonly path: string; readonly content: string; readonly mode: number }
  | { readonly do: 'link'; readonly path: string; readonly target: string }
  | { readonly do: 'delete'; readonly path: string }
  /** Everything of the control plane with the kubelet, or a unit of systemd. */
  | {
      readonly do: 'restart';
      readonly unit: 'control-plane' | 'kubelet' | 'landfall-registry' | 'landfall-load-balancer';
    }
  /** The host must be well afterwards, else all is taken back; `address` is its API's, `-` on a worker. */
  | { readonly do: 'guard'; readonly address: string }
  /** A name the API must answer to afterwards. */
  | { readonly do: 'name'; readonly name: string };

const folder = `${hostPaths.state}/certificates`;

function line(item: ChangeItem): string {
  switch (item.do) {
    case 'place':
      return `file ${item.mode.toString(8)} ${item.path}\n${Buffer.from(item.content).toString('base64')}\n`;
    case 'link':
      return `link ${item.target} ${item.path}\n`;
    case 'delete':
      return `delete - ${item.path}\n`;
    case 'restart':
      return `restart ${item.unit} -\n`;
    case 'guard':
      return `guard ${item.address} -\n`;
    case 'name':
      return `name ${item.name} -\n`;
  }
}

/** Whether this change was the last one that ended well on a host. */
export async function isApplied(connection: HostConnection, id: string): Promise<boolean> {
  return (await connection.readFile(`${folder}/applied`))?.trim() === id;
}

async function execute(
  connection: HostConnection,
  words: readonly string[],
  list: string,
  reporter: StepReporter,
): Promise<string> {
  await connection.check('Make the folder', `mkdir -p -m 700 ${folder}`);
  await connection.writeFile(`${folder}/worker.sh`, await readAsset('hosts/certificate-worker.sh'), 0o700);
  const script = await readAsset('hosts/change-certificates.sh');
  const output = await connection.check('Change the certificates', script, words, {
    stdin: list,
    onLine: (text) => reporter.output(text),
    signal: reporter.signal,
  });
  return output.trim().split('\n').at(-1) ?? '';
}

/**
 * Changes certificates of a host as one deed that a lost operator does not leave half done. With a guard, a host that is
 * not well afterwards gets back what it had, and CERTIFICATES_ROLLED_BACK is thrown.
 */
export async function changeCertificates(
  connection: HostConnection,
  id: string,
  items: readonly ChangeItem[],
  reporter: StepReporter,
): Promise<void> {
  const outcome = await execute(connection, [id, 'do'], items.map(line).join(''), reporter);
  if (outcome === 'done') return;
  const [word, ...reason] = outcome.split(' ');
  throw new LandfallError(
    word === 'rolled-back'
      ? {
          code: 'CERTIFICATES_ROLLED_BACK',
          message: `With the new certificates ${reason.join(' ')}; the ones from before are in place again.`,
          fix: `Look at /var/log/landfall/certificates.log and at the logs of the control plane on this host, then run the same command again.`,
        }
      : {
          code: 'CERTIFICATES_CHANGE_FAILED',
          message: `The certificates could not be changed: ${reason.join(' ')}.`,
          fix: `Look at /var/log/landfall/certificates.log on this host; what was there before is in ${folder}/backups.`,
        },
  );
}

/** Gives back what a change that had ended well replaced. */
export async function undoChange(connection: HostConnection, id: string, reporter: StepReporter): Promise<void> {
  await execute(connection, [id, 'undo'], '', reporter);
}
