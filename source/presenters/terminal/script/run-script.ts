import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { LandfallError } from '../../../errors.ts';
import type { ScriptLine } from './parse-script.ts';

/** What a script acts on. */
export type ScriptStage = {
  send(bytes: string): void;
  /** Lines of the frame that is shown now. */
  screen(): readonly string[];
  /** Only where the size is not a real terminal's. */
  resize(columns: number, rows: number): void;
  print(text: string): void;
  /** True once the wizard has ended by itself. */
  ended(): boolean;
};

/** Pause after each key, so that every key meets the screen the one before made. */
const keyPause = 40;

/** Presses the keys of a script. Throws SCRIPT_FAILED with the screen when something waited for does not come. */
export async function runScript(lines: readonly ScriptLine[], file: string, stage: ScriptStage): Promise<void> {
  for (const { line, action } of lines) {
    if (stage.ended()) return;
    switch (action.type) {
      case 'press':
        for (let count = 0; count < action.times && !stage.ended(); count++) {
          stage.send(action.bytes);
          await sleep(keyPause);
        }
        break;
      case 'type':
        stage.send(action.text);
        await sleep(keyPause);
        break;
      case 'paste':
        stage.send(`\u001b[200~${action.text}\u001b[201~`);
        await sleep(keyPause);
        break;
      case 'pause':
        await sleep(action.milliseconds);
        break;
      case 'size':
        stage.resize(action.columns, action.rows);
        await sleep(keyPause);
        break;
      case 'picture': {
        const picture = `${stage.screen().join('\n')}\n`;
        if (action.file === undefined) stage.print(picture);
        else writeFileSync(action.file, picture);
        break;
      }
      case 'wait': {
        const end = Date.now() + action.seconds * 1000;
        const found = (): boolean => stage.screen().join('\n').includes(action.text) !== action.gone;
        while (!found() && !stage.ended()) {
          if (Date.now() > end) {
            throw new LandfallError({
              code: 'SCRIPT_FAILED',
              message: `${file}:${line}: waited ${action.seconds} seconds for "${action.text}"${action.gone ? ' to go' : ''} in vain.`,
              fix: 'Look at the screen below, and change the script.',
              context: { output: stage.screen().join('\n') },
            });
          }
          await sleep(20);
        }
        // What is seen is not yet listening to keys.
        await sleep(keyPause);
        break;
      }
    }
  }
}
