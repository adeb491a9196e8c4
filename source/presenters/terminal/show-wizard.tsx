import { readFileSync } from 'node:fs';
import { render } from 'ink';
import type { TerminalProfile } from './environment.ts';
import { createWizardModel } from './model/wizard-model.ts';
import { parseScript } from './script/parse-script.ts';
import { runScript } from './script/run-script.ts';
import { blindOutput, mergedInput } from './script/stage.ts';
import type { WizardServices } from './services.ts';
import { keepHeapSmall } from './small-heap.ts';
import { guardTerminal } from './terminal-guard.ts';
import { WizardApp } from './wizard-app.tsx';
import type { WizardExit } from './wizard-context.tsx';

export type ShowOptions = {
  readonly profile: TerminalProfile;
  readonly services: WizardServices;
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
  /** File of keys to press instead of, or beside, a person. */
  readonly script?: string;
  /** Told what a crash was; answers where the report of it was written. */
  readonly onCrash: (thrown: unknown) => string;
};

/** Shows the screens until the person leaves them; the terminal is as before then, whatever happens. */
export async function showWizard(options: ShowOptions): Promise<WizardExit> {
  const { profile, services, script } = options;
  keepHeapSmall();
  const lines = script === undefined ? [] : parseScript(readFileSync(script, 'utf8'), script);
  const real = options.output.isTTY === true;
  const output = real ? options.output : blindOutput(80, 24);
  const keyboard = options.input.isTTY === true ? options.input : undefined;
  const merged = script === undefined ? undefined : mergedInput(keyboard);
  const model = createWizardModel(services, profile.language);
  let leave: (reason: WizardExit) => void = () => {};
  let fail: (thrown: unknown) => void = () => {};
  let ended = false;
  const left = new Promise<WizardExit>((resolve, reject) => {
    leave = (reason) => {
      ended = true;
      resolve(reason);
    };
    fail = reject;
  });
  const screen: { lines: readonly string[] } = { lines: [] };
  const guard = real
    ? guardTerminal({
        output: options.output,
        input: options.input,
        onCrash(thrown) {
          const report = options.onCrash(thrown);
          process.stderr.write(`landfall: the screens ended unexpectedly. Report: ${report}\n`);
          process.exit(70);
        },
        onSignal: (signal) => process.exit(signal === 'SIGHUP' ? 129 : signal === 'SIGINT' ? 130 : 143),
      })
    : undefined;
  const instance = render(
    <WizardApp
      model={model}
      profile={profile}
      memory={new Map()}
      exit={leave}
      onFrame={(shown) => {
        screen.lines = shown;
      }}
      onBroken={fail}
    />,
    {
      stdout: output,
      stdin: merged?.stream ?? options.input,
      stderr: process.stderr,
      exitOnCtrlC: false,
      patchConsole: false,
      interactive: true,
      alternateScreen: true,
      incrementalRendering: true,
      // A key is painted at once; what only time changes is bounded by the ticker and the batches.
      maxFps: 60,
    },
  );
  if (merged !== undefined && script !== undefined) {
    const stage = {
      send: merged.send,
      screen: () => screen.lines,
      resize(columns: number, rows: number) {
        if (real) return;
        Object.assign(output, { columns, rows });
        output.emit('resize');
      },
      print: (text: string) => {
        if (!real) options.output.write(text);
      },
      ended: () => ended,
    };
    runScript(lines, script, stage).then(
      () => leave({ kind: 'quit' }),
      (thrown) => fail(thrown),
    );
  }
  try {
    return await left;
  } finally {
    model.close();
    instance.unmount();
    await instance.waitUntilExit().catch(() => undefined);
    merged?.close();
    guard?.restore();
    guard?.release();
    options.input.pause();
  }
}
