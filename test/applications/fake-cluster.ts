import type { CommandOptions, CommandResult, UploadOptions } from '../../source/hosts/connection.ts';
import { BaseConnection } from '../../source/hosts/connection-base.ts';

type Call = { readonly script: string; readonly args: readonly string[]; readonly stdin: string };

/** What of Kubernetes and Helm the applications ask for, with the state of one application. */
export class FakeCluster extends BaseConnection {
  readonly name = 'plane-1';
  readonly calls: Call[] = [];
  readonly files = new Map<string, string | Buffer>();
  release: { status: string; package: string; hash: string; revision: number } | undefined;
  volumes: readonly string[] = [];
  /** Pods and workload, by how many looks they take to become ready. */
  looksUntilReady = 0;
  ready = false;
  /** The password the application accepts; undefined accepts any. */
  password: string | undefined;
  /** Password of the last values that were installed. */
  installedPassword = '';
  nodes: readonly string[] = ['worker-1 True', 'plane-1 True'];
  trialFailures = 0;
  readonly tried: string[] = [];
  /** What the next calls of helm end with. */
  readonly helmErrors: string[] = [];
  /** JSON of the values the release was installed with. */
  values = '';

  async run(script: string, args: readonly string[] = [], options: CommandOptions = {}): Promise<CommandResult> {
    const stdin = typeof options.stdin === 'string' || Buffer.isBuffer(options.stdin) ? String(options.stdin) : '';
    this.calls.push({ script, args, stdin });
    const answer = this.#answer(script, args, stdin);
    return typeof answer === 'string' ? { exitCode: 0, stdout: answer, stderr: '' } : answer;
  }

  override async writeFile(target: string, content: string | Buffer): Promise<void> {
    this.files.set(target, content);
  }

  override async upload(_options: UploadOptions): Promise<void> {
    throw new Error('nothing of an application is uploaded');
  }

  async close(): Promise<void> {}

  #answer(script: string, args: readonly string[], stdin: string): string | CommandResult {
    const words = args.slice(2).join(' ');
    if (script.includes('helm upgrade --install')) return this.#install(args[5] ?? '', stdin);
    if (script.includes('helm uninstall')) {
      this.release = undefined;
      this.ready = false;
      if (args[4] === 'delete') this.volumes = [];
      return '';
    }
    if (script.includes('helm get values')) return this.values;
    if (words.startsWith('get secrets')) return this.#releases();
    if (words.includes('delete statefulsets --cascade=orphan')) return '';
    if (words.startsWith('get persistentvolumeclaims')) {
      return this.volumes.map((size) => `shop\tapplications\t${size}\n`).join('');
    }
    if (words.includes('get deployments')) return this.#objects();
    if (words.includes('get service shop')) return '3306 31234';
    if (words.startsWith('get nodes')) return this.nodes.map((line) => `${line}\n`).join('');
    if (words.includes(' exec ')) return this.#trial(args, stdin);
    if (words.includes(' logs ')) return '[pod/shop-0/mariadb] last words';
    throw new Error(`nobody answers: ${words}`);
  }

  #install(labels: string, stdin: string): string | CommandResult {
    const error = this.helmErrors.shift();
    if (error !== undefined) return { exitCode: 1, stdout: '', stderr: error };
    this.values = stdin;
    const [, owner = '', hash = ''] = /package=([^,]+),.*hash=(.+)$/.exec(labels) ?? [];
    this.release = { status: 'deployed', package: owner, hash, revision: (this.release?.revision ?? 0) + 1 };
    this.installedPassword = (JSON.parse(stdin) as { passwords: { password: string } }).passwords.password;
    this.password = this.installedPassword;
    this.volumes = ['5Gi'];
    this.ready = false;
    return '';
  }

  #releases(): string {
    if (this.release === undefined) return '';
    const { status, package: owner, hash, revision } = this.release;
    return `applications\tshop\t${status}\t${revision}\t${owner}\t${hash}\n`;
  }

  #objects(): string {
    if (this.release === undefined) return JSON.stringify({ items: [] });
    if (!this.ready && this.looksUntilReady-- <= 0) this.ready = true;
    const replicas = this.ready ? 1 : 0;
    const status = { observedGeneration: 1, replicas, updatedReplicas: replicas, readyReplicas: replicas };
    const metadata = { name: 'shop', generation: 1, labels: { 'landfall.dev/application': 'shop' } };
    return JSON.stringify({ items: [{ kind: 'StatefulSet', metadata, spec: { replicas: 1 }, status }] });
  }

  #trial(args: readonly string[], stdin: string): CommandResult {
    const [address = '', port = '', user = ''] = args.slice(-3);
    this.tried.push(`${address}:${port} ${user}`);
    if (this.trialFailures > 0) {
      this.trialFailures--;
      return { exitCode: 1, stdout: '', stderr: 'connection refused' };
    }
    const accepted = this.password === undefined || stdin === `${this.password}\n`;
    return accepted
      ? { exitCode: 0, stdout: '', stderr: '' }
      : { exitCode: 77, stdout: '', stderr: 'ERROR 1045 (28000)' };
  }
}
