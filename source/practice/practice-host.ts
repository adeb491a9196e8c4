import { transferScripts } from '../hosts/transfer-scripts.ts';
import { practiceAction } from './actions.ts';
import type { CommandChannel } from './command-channel.ts';
import type { Fault, FaultKind } from './faults.ts';
import { createFileTable } from './file-table.ts';
import { asPracticeCommand, type PracticeCommand, progressLine } from './practice-commands.ts';
import { factsOutput, type PracticeMachine } from './practice-facts.ts';
import type { ReceivedScript } from './received-script.ts';

export type PracticeHostOptions = {
  readonly machine: PracticeMachine;
  readonly faults: readonly Fault[];
  /** Durations are divided by it. */
  readonly speed: number;
  /** Bytes a second the host takes files with, at speed 1. */
  readonly rate: number;
  /** Part of a real file's size that is really sent. */
  readonly scale: number;
  /** Texts of the host scripts a practice host can answer, by which they are recognised. */
  readonly scripts: { readonly facts: string; readonly lock: string };
  /** Ends all waiting when the fleet stops. */
  readonly stopped: AbortSignal;
  /** Breaks every connection of the host; with a duration it also refuses new ones for that time. */
  readonly cut: (milliseconds: number) => void;
  readonly random: () => number;
};

/** What a practice host is and does behind its SSH server. */
export type PracticeHost = {
  readonly machine: PracticeMachine;
  /** Answers a script on the channel and returns its exit code. */
  answer(received: ReceivedScript, channel: CommandChannel): Promise<number>;
  /** Bytes of files that arrived. */
  received(): number;
  /** Steps that were applied, by id. */
  applied(): readonly string[];
};

const slowness = 15;
const powerOff = 30_000;
const repairedAtLook = 3;

/** Waits; ends at once when the fleet stops. */
function pause(milliseconds: number, stopped: AbortSignal): Promise<void> {
  if (milliseconds < 1 || stopped.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      stopped.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    stopped.addEventListener('abort', end, { once: true });
  });
}

export function createPracticeHost(options: PracticeHostOptions): PracticeHost {
  const { machine, speed, scale, stopped, cut, random } = options;
  const files = createFileTable();
  const expected = new Map<string, number>();
  const applied = new Set<string>();
  const open = new Map<FaultKind, Fault>(options.faults.map((fault) => [fault.kind, fault]));
  const rate = (options.rate * speed) / (open.has('slow-disk') ? slowness : 1);
  let looks = 0;
  let owner: { readonly name: string; readonly touched: number } | undefined;
  const wait = (milliseconds: number): Promise<void> => pause(milliseconds / speed, stopped);
  const capacity = (machine.disk - machine.diskUsed) * 1024;

  const lookAtHost = async (channel: CommandChannel): Promise<number> => {
    await wait(150 + random() * 350);
    if (++looks >= repairedAtLook) open.delete('failed-check');
    const portTaken = open.has('failed-check');
    const leftovers = applied.size > 0 ? ['/var/lib/landfall'] : [];
    channel.say(factsOutput(machine, { received: files.used(), portTaken, leftovers }).trimEnd());
    return 0;
  };

  const lookAtPart = (target: string, size: number, channel: CommandChannel): number => {
    expected.set(target, size);
    const whole = files.file(target);
    if (whole?.size === size) {
      channel.say(`whole ${whole.sha256}`);
      return 0;
    }
    const part = files.part(target);
    channel.say(part === undefined ? 'none' : `part ${part.size} ${part.sha256}`);
    channel.say(`free ${capacity - files.used()}`);
    return 0;
  };

  /** The fault that strikes when a file has grown to this size, which then is over. */
  const struck = (size: number, total: number): Fault | undefined => {
    for (const kind of ['lost-connection', 'power-off', 'full-disk'] as const) {
      const fault = open.get(kind);
      if (fault !== undefined && size >= (total * fault.percent) / 100) {
        open.delete(kind);
        return fault;
      }
    }
    return undefined;
  };

  const receive = async (target: string, append: boolean, channel: CommandChannel): Promise<number> => {
    const part = files.receive(target, append);
    const total = expected.get(target) ?? 0;
    const began = Date.now();
    let taken = 0;
    for (;;) {
      const chunk = await channel.read();
      if (chunk === undefined) return 0;
      part.write(chunk);
      taken += chunk.length;
      const fault = struck(part.size, total);
      if (fault?.kind === 'full-disk') {
        channel.complain('cat: write error: No space left on device');
        return 1;
      }
      if (fault !== undefined) {
        cut(fault.kind === 'power-off' ? powerOff / speed : 0);
        return 255;
      }
      const ahead = (taken / rate) * 1000 - (Date.now() - began);
      // Timers are no finer than some milliseconds; what is less is made up for by the next chunk.
      if (ahead > 10) await pause(ahead, stopped);
      if (stopped.aborted) return 255;
    }
  };

  const write = async (target: string, mode: string, channel: CommandChannel): Promise<number> => {
    const chunks: Buffer[] = [];
    for (let chunk = await channel.read(); chunk !== undefined; chunk = await channel.read()) chunks.push(chunk);
    files.write(target, Buffer.concat(chunks), mode);
    return 0;
  };

  const read = (target: string, channel: CommandChannel): number => {
    const file = files.file(target);
    if (file === undefined) return 44;
    if (file.text === undefined) {
      channel.complain('a practice host keeps no content of big files');
      return 1;
    }
    channel.write(file.text);
    return 0;
  };

  const finish = (target: string, sha256: string, mode: string, channel: CommandChannel): number => {
    const actual = files.finish(target, sha256, mode);
    if (actual === sha256) return 0;
    channel.complain(actual);
    return 5;
  };

  const apply = async (step: string, channel: CommandChannel): Promise<number> => {
    const { milliseconds, lines, progress } = practiceAction(step);
    const total = progress?.unit === 'bytes' ? Math.round(progress.total * scale) : (progress?.total ?? 0);
    const parts = progress?.unit === 'bytes' ? 20 : Math.max(1, lines.length);
    const duration = milliseconds * (0.85 + random() * 0.3);
    for (let index = 1; index <= parts; index++) {
      await wait(duration / parts);
      if (stopped.aborted) return 255;
      const line = lines[index - 1];
      if (line !== undefined) channel.say(line);
      if (progress !== undefined) channel.say(progressLine(Math.round((total * index) / parts), total, progress.unit));
    }
    applied.add(step);
    return 0;
  };

  const lock = (action: string, own: string, force: boolean, channel: CommandChannel): number => {
    const free = owner === undefined || force || owner.name === own;
    if (action === 'take' && !free) {
      channel.say(`${Math.round((Date.now() - (owner?.touched ?? 0)) / 1000)} ${owner?.name}`);
      return 0;
    }
    if (action === 'take') channel.say('taken');
    if (action === 'release') owner = owner?.name === own ? undefined : owner;
    else if (action === 'take' || owner?.name === own) owner = { name: own, touched: Date.now() };
    return 0;
  };

  const practice = async (command: PracticeCommand, step: string, channel: CommandChannel): Promise<number> => {
    if (command === 'apply') return apply(step, channel);
    if (command === 'repair') {
      await wait(800);
      open.delete('failed-check');
      return 0;
    }
    return applied.has(step) ? 0 : 1;
  };

  return {
    machine,
    received: () => files.used(),
    applied: () => [...applied],
    async answer({ script, args }, channel) {
      const [first = '', second = '', third = ''] = args;
      // The way to the host and back.
      await wait(2 + random() * 8);
      const command = asPracticeCommand(script);
      if (command !== undefined) return practice(command, first, channel);
      switch (script) {
        case 'id -u':
          channel.say('0');
          return 0;
        case options.scripts.facts:
          return lookAtHost(channel);
        case options.scripts.lock:
          return lock(first, second, third === 'force', channel);
        case transferScripts.part:
          return lookAtPart(first, Number(second), channel);
        case transferScripts.receive:
          return receive(first, second === 'append', channel);
        case transferScripts.finish:
          return finish(first, second, third, channel);
        case transferScripts.write:
          return write(first, second, channel);
        case transferScripts.read:
          return read(first, channel);
        case transferScripts.mode: {
          const file = files.file(first);
          if (file !== undefined) file.mode = second;
          return file === undefined ? 1 : 0;
        }
        default:
          channel.complain(`${machine.name} is a practice host and cannot run real commands`);
          return 127;
      }
    },
  };
}
