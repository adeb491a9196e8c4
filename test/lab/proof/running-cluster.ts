import { expect, test } from 'vitest';
import { landfall, repositoryFile } from '../cluster/landfall.ts';
import type { Lab } from '../hosts/lab.ts';
import { seenRuns } from '../support/live-run.ts';
import { apply, kubectl, onHost, type Stage, standsOn } from './stage.ts';

const busybox = 'docker.io/library/busybox:1.35.0';

/** A web server on every node, control planes too. */
const meshManifest = `
apiVersion: apps/v1
kind: DaemonSet
metadata: { name: mesh, namespace: default }
spec:
  selector: { matchLabels: { app: mesh } }
  template:
    metadata: { labels: { app: mesh } }
    spec:
      terminationGracePeriodSeconds: 0
      tolerations: [{ operator: Exists }]
      containers:
        - name: mesh
          image: ${busybox}
          env: [{ name: NODE, valueFrom: { fieldRef: { fieldPath: spec.nodeName } } }]
          readinessProbe: { httpGet: { path: /, port: 8080 }, periodSeconds: 1 }
          command: [sh, -c, 'mkdir /page && echo "$NODE" >/page/index.html && exec httpd -f -p 8080 -h /page']
`;

async function meshOf(lab: Lab): Promise<readonly { node: string; name: string; address: string }[]> {
  const text = await kubectl(
    lab,
    `get pods -l app=mesh -o jsonpath='{range .items[*]}{.spec.nodeName} {.metadata.name} {.status.podIP}{"\\n"}{end}'`,
  );
  return text
    .trim()
    .split('\n')
    .map((line) => {
      const [node = '', name = '', address = ''] = line.split(' ');
      return { node, name, address };
    });
}

/** Logs in from this machine's side of the lab's network. */
async function client(
  lab: Lab,
  access: { protocol: string; address: string; port: string; user: string },
  password: string,
): Promise<string> {
  const program = repositoryFile('test/lab/support/application-client.ts');
  const words = [program, access.protocol, access.address, access.port, access.user];
  const output = await lab.run([process.execPath, ...words], { input: password, timeout: 60_000 });
  if (output.exitCode !== 0) throw new Error(`${words.join(' ')}: ${output.stderr}`);
  return output.stdout.trim();
}

/** What is printed under a heading: `Word  value` lines. */
function printed(text: string, heading: string): ReadonlyMap<string, string> {
  const lines = text.split('\n');
  const start = lines.indexOf(heading);
  const rows = new Map<string, string>();
  for (const line of lines.slice(start + 1)) {
    const row = /^ {2}(\S.*?) {2,}(\S.*)$/.exec(line);
    if (row === null) break;
    rows.set(row[1] ?? '', row[2] ?? '');
  }
  return rows;
}

export function clusterProofs(of: () => Stage): void {
  test('no packet left for any address outside', async (context) => {
    const { lab, completed } = of();
    standsOn(context, completed, 'the install');
    expect(await lab.outsideAddresses()).toEqual([]);
    expect(await lab.outsidePackets()).toBe(0);
  });

  test('all nodes are ready, and status says so', async (context) => {
    const { lab, cluster, completed } = of();
    standsOn(context, completed, 'the install');
    const nodes = await kubectl(lab, 'get nodes --no-headers');
    expect(
      nodes
        .trim()
        .split('\n')
        .map((line) => line.split(/\s+/).slice(0, 2).join(' ')),
    ).toEqual(lab.hosts.map((host) => `${host.name} Ready`));
    const status = await landfall(lab, ['status', cluster]);
    expect(status.stdout).toContain('5 of 5 hosts are well; it could lose 1 control plane now');
    expect(status.exitCode).toBe(0);
  });

  test('every pod names its images by the digest of the bundle', async (context) => {
    const { lab, completed } = of();
    standsOn(context, completed, 'the install');
    const images =
      '{range .items[*]}{range .spec.initContainers[*]}{.image}{"\\n"}{end}{range .spec.containers[*]}{.image}{"\\n"}{end}{end}';
    const named = (await kubectl(lab, `get pods -A -o jsonpath='${images}'`)).trim().split('\n');
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((name) => !/^[^@]+:[^@]+@sha256:[0-9a-f]{64}$/.test(name))).toEqual([]);
  });

  test('doctor finds nothing on a healthy cluster, and names what somebody stops', async (context) => {
    const { lab, cluster, completed } = of();
    standsOn(context, completed, 'the install');
    type Report = {
      readonly exitCode: number;
      readonly counts: { readonly passed: number };
      readonly results: readonly { id: string; subject: string; state: string; severity: string; accepted: boolean }[];
    };
    const doctor = async (): Promise<Report> =>
      JSON.parse((await landfall(lab, ['doctor', cluster, '--output', 'json'])).stdout);
    const wrong = ({ results }: Report): readonly string[] =>
      results
        .filter(
          (result) =>
            result.state !== 'pass' &&
            !result.accepted &&
            !(result.severity === 'informs' && result.id !== 'node-cordoned'),
        )
        .map((result) => `${result.subject} ${result.id} ${result.state}`)
        .sort();
    const healthy = await doctor();
    expect(wrong(healthy)).toEqual([]);
    expect(healthy.exitCode).toBe(0);
    expect(healthy.counts.passed).toBeGreaterThan(600);
    await onHost(lab, 'node-2', 'systemctl stop landfall-registry');
    await kubectl(lab, 'cordon node-4');
    try {
      const sick = await doctor();
      expect(wrong(sick)).toEqual([
        'node-2 registry-answers finding',
        'node-2 services-running finding',
        'node-4 node-cordoned finding',
      ]);
      expect(sick.exitCode).toBe(1);
    } finally {
      await onHost(lab, 'node-2', 'systemctl start landfall-registry');
      await kubectl(lab, 'uncordon node-4');
    }
  });

  test('an application that does not fit is refused before anything of it is brought', async (context) => {
    const { lab, cluster, completed } = of();
    standsOn(context, completed, 'the install');
    const words = [
      'app',
      'install',
      'valkey',
      '--name',
      'giant',
      '--set',
      'memory=900Gi',
      '--cluster',
      cluster,
      '--yes',
    ];
    const output = await landfall(lab, words);
    expect(output.exitCode).toBe(1);
    expect(output.stdout).toMatch(
      /failed \[PREFLIGHT_BLOCKED\]: .*\[application-fit-memory\] does not hold: .*needed: ≥ 900 GiB/,
    );
    expect(await kubectl(lab, 'get pods --all-namespaces --selector landfall.dev/application=giant --no-headers')).toBe(
      '',
    );
  });

  test('pods of all nodes reach each other and the cluster DNS', async (context) => {
    const { lab, completed } = of();
    standsOn(context, completed, 'the install');
    await kubectl(lab, 'apply -f -', meshManifest);
    await kubectl(lab, 'rollout status daemonset/mesh --timeout=120s');
    const pods = await meshOf(lab);
    expect(pods.map((pod) => pod.node).sort()).toEqual(lab.hosts.map((host) => host.name));
    const addresses = pods.map((pod) => pod.address).join(' ');
    const seen: Record<string, readonly string[]> = {};
    for (const pod of pods) {
      // The wget of this busybox looks for libraries that the image does not have.
      const ask = 'printf "GET / HTTP/1.0\\r\\n\\r\\n" | nc -w 5 $address 8080 | tail -n 1 | grep . || echo none';
      const script = `for address in ${addresses}; do ${ask}; done; nslookup kubernetes.default.svc.cluster.local | grep -A1 Name: | tail -n 1`;
      const text = await kubectl(lab, `exec ${pod.name} -- sh -c '${script}'`);
      seen[pod.node] = text.trim().split('\n');
    }
    const answers = [...pods.map((pod) => pod.node), expect.stringMatching(/^Address.*10\.96\.0\.1$/)];
    for (const pod of pods) expect(seen[pod.node], `from ${pod.node}`).toEqual(answers);
  });

  test('an image never seen before comes from the registry, under its own name and under any other', async (context) => {
    const { lab, completed } = of();
    standsOn(context, completed, 'the install');
    const images = { 'never-seen': 'docker.io/library/nginx:1.22.1', 'other-name': 'quay.io/library/nginx:1.22.1' };
    const node = 'node-3';
    const known = await onHost(lab, node, '/usr/local/bin/ctr -n k8s.io images ls -q');
    expect(known).not.toContain('nginx');
    const manifests = Object.entries(images).map(
      ([name, image]) => `
apiVersion: v1
kind: Pod
metadata: { name: ${name}, namespace: default }
spec:
  nodeName: ${node}
  terminationGracePeriodSeconds: 0
  tolerations: [{ operator: Exists }]
  containers: [{ name: main, image: "${image}", imagePullPolicy: Always, command: [sleep, "3600"] }]
`,
    );
    await kubectl(lab, 'apply -f -', manifests.join('---'));
    await kubectl(lab, `wait --for=condition=Ready pod ${Object.keys(images).join(' ')} --timeout=90s`);
    const now = await onHost(lab, node, '/usr/local/bin/ctr -n k8s.io images ls -q');
    for (const image of Object.values(images)) expect(now.split('\n')).toContain(image);
    await kubectl(lab, `delete pod ${Object.keys(images).join(' ')} --wait=false`);
    await kubectl(lab, 'delete daemonset mesh --wait=false');
    expect(await lab.outsidePackets()).toBe(0);
  });

  test('a client outside the cluster logs in with what was printed, and with nothing else', async (context) => {
    const { lab, completed } = of();
    standsOn(context, completed, 'the install');
    const text = completed?.stdout ?? '';
    for (const [heading, protocol, answer] of [
      ['MariaDB', 'mysql', /^in: admin@\S+ 42 \(.*10\.11/],
      ['Valkey', 'redis', /^in: \+OK "from outside"$/],
    ] as const) {
      const rows = printed(text, heading);
      const [address = '', port = ''] = (rows.get('Address') ?? '').split(':');
      const access = { protocol, address, port, user: rows.get('User') ?? '' };
      expect(await client(lab, access, rows.get('Password') ?? ''), heading).toMatch(answer);
      expect(await client(lab, access, 'not-the-password'), heading).toMatch(/^refused: /);
      expect(await client(lab, access, ''), heading).toMatch(/^refused: /);
    }
    const url = new URL(printed(text, 'Web page').get('Open') ?? '');
    for (const host of lab.hosts) {
      const access = { protocol: 'http', address: host.address, port: url.port, user: '' };
      expect(await client(lab, access, ''), host.name).toMatch(/^in: 200 [\s\S]*<h1>It works<\/h1>/);
    }
  });

  // How long it takes beside the first is measured by the benchmark of the install.
  test('a second apply changes nothing and says so', async (context) => {
    const stage = of();
    standsOn(context, stage.completed, 'the install');
    const begun = Date.now();
    const output = await apply(stage);
    console.log(`second apply after ${Date.now() - begun} ms`);
    expect(output.exitCode).toBe(0);
    expect(output.stdout).toMatch(/Nothing to change: all \d+ steps were done already/);
  });

  test('watch shows the last run again; replay shows a journal as its run was shown, and as it is', async (context) => {
    const { lab, cluster, completed } = of();
    standsOn(context, completed, 'the install');
    const runs = seenRuns(lab, cluster);
    const watched = await landfall(lab, ['watch', cluster]);
    expect(watched.exitCode).toBe(0);
    expect(watched.stdout).toContain(`run ${runs.at(-1)?.id} of cluster`);
    expect(watched.stdout).toContain('Nothing to change');
    const completing = runs.findLast((run) =>
      run.events().some((event) => 'outcome' in event && event.outcome === 'applied'),
    );
    const replayed = await landfall(lab, ['replay', completing?.journal ?? '']);
    expect(replayed.exitCode).toBe(0);
    expect(replayed.stdout).toContain(' Finished in ');
    expect(completed?.stdout.startsWith(replayed.stdout)).toBe(true);
    const events = await landfall(lab, ['replay', completing?.journal ?? '', '--output', 'ndjson']);
    expect(
      events.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual(completing?.events());
  });

  test('an application is installed on the running cluster, listed, and uninstalled', async (context) => {
    const { lab, completed } = of();
    standsOn(context, completed, 'the install');
    const title = 'Second "page" & more';
    const words = ['app', 'install', 'website', '--name', 'second', '--set', `title=${title}`, '--yes'];
    const installed = await landfall(lab, words);
    expect(installed.exitCode, installed.stdout + installed.stderr).toBe(0);
    const url = new URL(printed(installed.stdout, 'Web page (second)').get('Open') ?? '');
    const access = { protocol: 'http', address: url.hostname, port: url.port, user: '' };
    expect(await client(lab, access, '')).toContain('<h1>Second &#34;page&#34; &amp; more</h1>');
    const list = async () => (await landfall(lab, ['app', 'list'])).stdout;
    for (const name of ['mariadb', 'valkey', 'website', 'second']) expect(await list()).toContain(name);
    const removed = await landfall(lab, ['app', 'uninstall', 'second', '--yes']);
    expect(removed.exitCode, removed.stdout + removed.stderr).toBe(0);
    expect(await list()).not.toContain('second');
    expect(await list()).toContain('website');
    await expect(client(lab, access, '')).rejects.toThrow();
  });
}
