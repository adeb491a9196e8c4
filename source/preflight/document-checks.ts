import { allChecks, type CheckDescription } from './all-checks.ts';
import type { Scope, Severity } from './check.ts';
import { checkText } from './words.ts';

const scopes: Readonly<Record<Scope, string>> = {
  host: 'Each host',
  'between-hosts': 'Between hosts',
  cluster: 'The cluster as a whole',
  bundle: 'The bundle',
  application: 'Applications',
  running: 'A running cluster (`landfall doctor`)',
};

const severities: Readonly<Record<Severity, string>> = { blocks: 'blocks', warns: 'warns', informs: 'note' };

const mendings: Readonly<Record<CheckDescription['mended'], string>> = {
  no: '',
  'by-fix': 'yes',
  'on-consent': '`--set-aside`',
};

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

function row(check: CheckDescription): string {
  const { title, why, mend } = checkText(check.id, 'en');
  const severity = check.neverIgnored ? `${severities[check.severity]}, never accepted` : severities[check.severity];
  return `| \`${check.id}\` | ${cell(title)} | ${severity} | ${cell(why)} | ${cell(mend)} | ${mendings[check.mended]} |`;
}

/** The text of `docs/checks.md`. */
export function checksDocument(): string {
  const sections = (Object.keys(scopes) as Scope[]).map((scope) => {
    const checks = allChecks.filter((check) => check.scope === scope);
    return `## ${scopes[scope]}\n\n| id | what should be | severity | why | how to mend it by hand | \`--fix\` |\n| --- | --- | --- | --- | --- | --- |\n${checks.map(row).join('\n')}\n`;
  });
  return `# Checks

<!-- Generated from the code by test/preflight/document.test.ts; run it with LANDFALL_UPDATE_DOCS=1 after a change. -->

\`landfall preflight cluster.yaml\` looks at every machine of a cluster document and changes nothing. Every
\`landfall apply\` does the same before its first change: a machine on which something **blocks** stops alone, and what blocks
between machines, in the bundle or in the cluster as a whole stops the run. \`landfall app install\` first looks whether the
application fits, and \`landfall doctor\` looks a running cluster through. There are ${allChecks.length} checks.

- **blocks**: the installation would fail or harm something. It goes on only when the finding is accepted by its id; where the
  table says *never accepted*, only mending helps.
- **warns**: it works, but something will be slow, fragile or surprising.
- **note**: good to know.

A finding is accepted with \`--accept ID\`, or for good in the cluster document; there is no way to accept all:

\`\`\`yaml
spec:
  preflight:
    accept: [disk-speed-etcd]
\`\`\`

A check that could not run says so and never counts as passed. \`--fix\` mends what the last column names; every change is noted
on the host first, and \`landfall reset\` undoes it. What somebody may be using (a container runtime, another kubelet) is only
touched where it is named: \`--set-aside runtime-containerd\` ends its containers, stops it and moves it into the record of the
host; \`reset\` gives it back and starts what was running. Exit codes: 0 ready, 1 something blocks, 2 wrong use, 5 warnings, 6 checks
that could not run. \`--output json\` and \`--output junit\` are for pipelines.

Ports the hosts of a cluster use among each other: 6443/tcp, 5443/tcp (all hosts → control planes), 2379 and 2380/tcp (among
control planes), 10250/tcp (control planes → all hosts), 8472/udp (among all hosts).

${sections.join('\n')}`;
}
