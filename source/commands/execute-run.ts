import { Command } from 'commander';
import { executeRun } from '../runs/execute.ts';
import { prepareRun } from '../runs/prepare.ts';
import type { TypedSecrets } from '../runs/request.ts';
import { readRequest, runDirectory } from '../runs/run-directory.ts';
import { executeCommand } from '../runs/start.ts';

async function standardInput(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}

/** The hidden command that a run's own process executes. */
export function executeRunCommand(): Command {
  return new Command(executeCommand)
    .argument('<cluster>')
    .argument('<run>')
    .action(async (cluster: string, id: string) => {
      // The terminal that started it may go at any time.
      process.on('SIGHUP', () => {});
      const typed = JSON.parse(await standardInput()) as TypedSecrets;
      const run = runDirectory(cluster, id);
      const request = readRequest(run);
      await executeRun(run, request, typed, (own, secrets) => prepareRun(own, secrets));
      process.exit(0);
    });
}
