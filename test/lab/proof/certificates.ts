import { expect, test } from 'vitest';
import { landfall } from '../cluster/landfall.ts';
import { kubectl, onHost, type Stage, standsOn } from './stage.ts';

type Listed = {
  readonly certificates: readonly {
    readonly host: string;
    readonly path: string;
    readonly state: string;
    readonly daysLeft: number;
    readonly commonName: string;
  }[];
  readonly unreachable: readonly unknown[];
};

/** A request for a serving certificate as the kubelet of a node writes it (printable strings), with a key of its own. */
function request(name: string, names: string, commonName: string): string {
  return `work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
printf '[req]\\nprompt = no\\nstring_mask = default\\ndistinguished_name = subject\\n[subject]\\n' >settings
printf 'O = system:nodes\\nCN = %s\\n' '${commonName}' >>settings
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key -out request -config settings \\
  -addext "subjectAltName=${names}" 2>/dev/null
cat <<END | kubectl --kubeconfig /etc/kubernetes/kubelet.conf create -f - >/dev/null
apiVersion: certificates.k8s.io/v1
kind: CertificateSigningRequest
metadata: { name: ${name} }
spec:
  signerName: kubernetes.io/kubelet-serving
  usages: [digital signature, server auth]
  request: $(base64 <request | tr -d '\\n')
END
`;
}

export function certificateProofs(of: () => Stage): void {
  test('every certificate of every node is good for decades, and workers hold no administrator', async (context) => {
    const { lab, cluster, completed } = of();
    standsOn(context, completed, 'the install');
    const output = await landfall(lab, ['certificates', 'list', cluster, '--output', 'json']);
    expect(output.exitCode, output.stdout + output.stderr).toBe(0);
    const { certificates, unreachable } = JSON.parse(output.stdout) as Listed;
    expect(unreachable).toEqual([]);
    expect(certificates.filter((entry) => entry.state !== 'good')).toEqual([]);
    expect(Math.min(...certificates.map((entry) => entry.daysLeft))).toBeGreaterThan(36_000);
    const onWorker = certificates.filter((entry) => entry.host === 'node-4').map((entry) => entry.commonName);
    expect([...new Set(onWorker)].sort()).toEqual(['kubernetes', 'landfall-registry-ca', 'system:node:node-4']);
    for (const { name } of lab.hosts) {
      const client = `${name} /var/lib/kubelet/pki/kubelet-client-current.pem`;
      expect(certificates.map((entry) => `${entry.host} ${entry.path}`)).toContain(client);
    }
    // Nothing that opens the API as anybody else lies anywhere a worker keeps such things.
    for (const worker of ['node-4', 'node-5']) {
      const files = await onHost(
        lab,
        worker,
        'grep -rIlE "PRIVATE KEY|client-key-data" /etc /root /var/lib/landfall /var/lib/kubelet/pki 2>/dev/null | grep -vE "^/etc/ssh/|^/var/lib/kubelet/pki/kubelet-(client|server)-[0-9-]*\\.pem$" || :',
      );
      expect(files, worker).toBe('');
    }
  });

  test("a kubelet's request for another node's name is not approved, one for its own is", async (context) => {
    const { lab, completed } = of();
    standsOn(context, completed, 'the install');
    const address = (name: string): string => lab.hosts.find((host) => host.name === name)?.address ?? '';
    const own = `DNS:node-2,IP:${address('node-2')}`;
    const forged = {
      'forged-name': `DNS:node-1,IP:${address('node-2')}`,
      'forged-address': `DNS:node-2,IP:${address('node-1')}`,
      'forged-more': `${own},DNS:kubernetes.default`,
    };
    for (const [name, names] of Object.entries(forged)) {
      await onHost(lab, 'node-2', request(name, names, 'system:node:node-2'));
    }
    // Kubernetes itself takes no request in another node's name.
    const other = request('forged-user', `DNS:node-1,IP:${address('node-1')}`, 'system:node:node-1');
    await expect(onHost(lab, 'node-2', other)).rejects.toThrow('can only create a node CSR with CN=system:node:node-2');
    await onHost(lab, 'node-2', request('own', own, 'system:node:node-2'));
    await onHost(lab, 'node-1', 'systemctl start landfall-approver.service');
    const text = await kubectl(
      lab,
      `get csr ${Object.keys(forged).join(' ')} own -o jsonpath='{range .items[*]}{.metadata.name}={.status.conditions[*].type}{"\\n"}{end}'`,
    );
    expect(text.trim().split('\n')).toEqual(['forged-name=', 'forged-address=', 'forged-more=', 'own=Approved']);
    await kubectl(lab, `delete csr ${Object.keys(forged).join(' ')} own`);
    // What the API server asks kubelets goes over their real certificates.
    for (const { name } of lab.hosts)
      expect(await kubectl(lab, `get --raw /api/v1/nodes/${name}/proxy/healthz`)).toBe('ok');
  });

  test('one control plane is renewed, and is well with other certificates', async (context) => {
    const { lab, cluster, completed } = of();
    standsOn(context, completed, 'the install');
    const serial = (): Promise<string> =>
      onHost(lab, 'node-2', 'openssl x509 -in /etc/kubernetes/pki/apiserver.crt -noout -serial');
    const before = await serial();
    const output = await landfall(lab, ['certificates', 'renew', cluster, '--host', 'node-2', '--all', '--yes']);
    expect(output.exitCode, output.stdout + output.stderr).toBe(0);
    expect(await serial()).not.toBe(before);
    const again = await landfall(lab, ['certificates', 'renew', cluster, '--yes']);
    expect(again.stdout).toContain('Nothing to change');
    expect(again.exitCode).toBe(0);
  });
}
