import { existsSync } from 'node:fs';
import { writeClusterDocument } from '../lab/cluster/document.ts';
import { landfall, repositoryFile } from '../lab/cluster/landfall.ts';
import { must } from '../lab/hosts/command.ts';
import { upLab } from '../lab/hosts/lab.ts';

/** Figures of `landfall preflight` on real hosts, the mesh between them included, the disk test left out. */
export type PreflightLabFigures = {
  readonly hosts: number;
  /** Milliseconds of each round, as the command itself measures them: logins, facts, checks, mesh. */
  readonly rounds: readonly number[];
  /** Milliseconds of the quickest of five readings of one host's facts on that host. */
  readonly facts: number;
  readonly results: number;
};

export async function measurePreflightLab(
  hosts: number,
  rounds: number,
  say: (line: string) => void,
): Promise<PreflightLabFigures> {
  if (!existsSync(repositoryFile('dist/landfall.mjs'))) {
    await must([process.execPath, repositoryFile('tools/build.mjs')]);
  }
  const lab = await upLab({ name: 'preflight-bench', hosts, debian13: true, replace: true }, say);
  try {
    const document = await writeClusterDocument(lab);
    const times: number[] = [];
    let results = 0;
    for (let round = 0; round < rounds; round++) {
      const output = await landfall(lab, ['preflight', document, '--no-disk-test', '--output', 'json']);
      const report: { readonly milliseconds: number; readonly results: readonly unknown[] } = JSON.parse(output.stdout);
      times.push(report.milliseconds);
      results = report.results.length;
    }
    const script = `mkdir -p /root/bench; cat >/root/bench/facts.sh <<'END_OF_FACTS'
${await must(['cat', repositoryFile('assets/hosts/facts.sh')])}
END_OF_FACTS
for round in 1 2 3 4 5; do
  start=$(date +%s%N); sh /root/bench/facts.sh >/dev/null; end=$(date +%s%N)
  echo $(((end - start) / 1000000))
done
rm -r /root/bench`;
    const facts = (await lab.ssh('node-1', script)).stdout.trim().split('\n').map(Number);
    return { hosts, rounds: times, facts: Math.min(...facts), results };
  } finally {
    await lab.down();
  }
}
