// A program of its own, so that looking at every process many times a second does not wait for the test and is not waited
// for. Writes each distinct command line and environment variable it has seen, one JSON string a line, into the file named
// by its first argument.
import { closeSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs';

const [file = ''] = process.argv.slice(2);
const output = openSync(file, 'a', 0o600);
const seen = new Set<string>();
// A program may replace itself without a new process, so what is young or changed is read again.
const known = new Map<string, { readonly start: string; readonly reads: number }>();
const interval = 100;
const readsOfOne = 20;

function remember(kind: string, who: string, text: string): void {
  for (const part of kind === 'environ' ? text.split('\0') : [text.replaceAll('\0', ' ')]) {
    if (part === '' || seen.has(part)) continue;
    seen.add(part);
    writeSync(output, `${JSON.stringify({ kind, who, text: part })}\n`);
  }
}

let rounds = 0;
function look(): void {
  rounds++;
  for (const id of readdirSync('/proc')) {
    if (!/^\d+$/.test(id) || Number(id) === process.pid) continue;
    try {
      const stat = readFileSync(`/proc/${id}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const start = fields[19] ?? '';
      const before = known.get(id);
      const reads = before?.start === start ? before.reads : 0;
      if (reads >= readsOfOne && rounds % 50 !== 0) continue;
      known.set(id, { start, reads: reads + 1 });
      const line = readFileSync(`/proc/${id}/cmdline`, 'utf8');
      if (line === '') continue;
      const who = line.split('\0')[0] ?? '';
      remember('cmdline', who, line);
      remember('environ', who, readFileSync(`/proc/${id}/environ`, 'utf8'));
    } catch {
      // It ended while it was looked at.
    }
  }
}

const timer = setInterval(look, interval);
process.on('SIGTERM', () => {
  clearInterval(timer);
  writeSync(output, `${JSON.stringify({ kind: 'end', rounds })}\n`);
  closeSync(output);
  process.exit(0);
});
process.stdout.write('sampling\n');
