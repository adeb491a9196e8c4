import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { LandfallError } from '../../../source/errors.ts';
import { run } from '../hosts/command.ts';
import { hasProgram } from '../hosts/machine.ts';
import { installPackages } from '../hosts/packages.ts';
import { makeMachine } from './machine.ts';

/**
 * Lets keepalived balance in a small virtual machine with Debian's kernel, by the very files, unit and scripts that Landfall
 * places on a node: real ip_vs, a control plane that is its own server and two others, reloads with connections open, a
 * server that loses its network and one that is not ready, kills, and a reset. Returns what was seen; throws LAB_IPVS when
 * anything is not as it should be.
 */
export async function proveIpvs(say: (line: string) => void): Promise<readonly string[]> {
  if (!hasProgram('qemu-system-x86_64')) await installPackages(['qemu-system-x86'], say);
  const started = Date.now();
  const folder = await mkdtemp(path.join(tmpdir(), 'landfall-ipvs-'));
  try {
    const { kernel, image } = await makeMachine(folder, say);
    say('starting a virtual machine without hardware support; it takes some minutes');
    const lines: string[] = [];
    const output = await run(
      [
        // Time in the machine goes by the instructions it has run, so that a busy host makes it late and not slow: what is
        // measured there stays the same, and checks are missed only when somebody does not answer.
        ...['qemu-system-x86_64', '-machine', 'q35', '-accel', 'tcg,thread=single', '-icount', 'shift=2,sleep=off'],
        ...['-rtc', 'clock=vm', '-cpu', 'max', '-m', '1536', '-smp', '1', '-no-reboot'],
        ...['-nographic', '-nic', 'none', '-kernel', kernel, '-initrd', image],
        ...['-append', 'console=ttyS0 quiet panic=-1 rdinit=/init systemd.unit=proof.service systemd.show_status=0'],
      ],
      {
        timeout: 1_800_000,
        onLine(line) {
          const text = /^.*?proof (.*?)\r?$/.exec(line)?.[1];
          if (text === undefined) return;
          lines.push(text);
          say(text);
        },
      },
    );
    if (lines.at(-1) === 'end done') {
      say(`proved in ${Math.round((Date.now() - started) / 1000)} s`);
      return lines;
    }
    throw new LandfallError({
      code: 'LAB_IPVS',
      message: `The virtual machine did not come to its end: ${lines.at(-1) ?? 'it said nothing'}.`,
      context: { output: `${output.stdout}\n${output.stderr}`.trim().split('\n').slice(-80).join('\n') },
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
