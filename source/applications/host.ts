import { readAsset } from '../assets.ts';
import { LandfallError } from '../errors.ts';
import type { CommandOptions, CommandResult, HostConnection } from '../hosts/connection.ts';

/** The control plane from which applications are installed, and where its programs are. */
export type ApplicationHost = {
  readonly name: string;
  readonly connection: () => Promise<HostConnection>;
  /** Folder of kubectl and helm. */
  readonly programs: string;
  readonly kubeconfig: string;
};

const kubectlScript =
  'program=$1/kubectl configuration=$2; shift 2; exec "$program" --kubeconfig "$configuration" "$@"';

// What kubectl and helm say when the API, or the balancer before it, is away for a moment.
const passing =
  /connection refused|connection reset|i\/o timeout|TLS handshake timeout|unexpected EOF|http2: client connection lost|etcdserver: |ServiceUnavailable|the server is currently unable|another operation \(install\/upgrade\/rollback\) is in progress/;

async function withTransience(run: () => Promise<string>): Promise<string> {
  try {
    return await run();
  } catch (thrown) {
    if (!(thrown instanceof LandfallError) || !passing.test(thrown.context.output ?? '')) throw thrown;
    const { code, message, fix, context, cause } = thrown;
    throw new LandfallError({ code, message, ...(fix === undefined ? {} : { fix }), context, cause, transient: true });
  }
}

/** Runs kubectl with arguments that hold no secret. A failure is returned. */
export async function tryKubectl(
  host: ApplicationHost,
  words: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const connection = await host.connection();
  return connection.run(kubectlScript, [host.programs, host.kubeconfig, ...words], options);
}

/** Runs kubectl with arguments that hold no secret, and returns what it prints. COMMAND_FAILED when it fails. */
export async function kubectl(
  host: ApplicationHost,
  title: string,
  words: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  const connection = await host.connection();
  return withTransience(() =>
    connection.check(title, kubectlScript, [host.programs, host.kubeconfig, ...words], options),
  );
}

/** Runs one of the scripts of `assets/applications/scripts`; they take programs and kubeconfig first. */
export async function runScript(
  host: ApplicationHost,
  title: string,
  name: string,
  words: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  const connection = await host.connection();
  const script = await readAsset(`applications/scripts/${name}`);
  return withTransience(() => connection.check(title, script, [host.programs, host.kubeconfig, ...words], options));
}
