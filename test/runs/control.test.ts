import { appendFileSync, statSync } from 'node:fs';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type ControlMessage, sendControl, watchControl } from '../../source/runs/control.ts';
import type { RunDirectory } from '../../source/runs/run-directory.ts';
import { emptyRun, temporaryHome } from './home.ts';

let run: RunDirectory;
let heard: ControlMessage[];
let end = (): void => {};
beforeEach(() => {
  temporaryHome();
  run = emptyRun();
  heard = [];
});
afterEach(() => end());

const watch = (): void => {
  end = watchControl(run, (message) => heard.push(message));
};

test('messages from before and after the watch began are heard once, in their order', async () => {
  sendControl(run, { type: 'answer', question: 'a@b#1', answer: 'retry' });
  watch();
  expect(heard).toEqual([{ type: 'answer', question: 'a@b#1', answer: 'retry' }]);
  sendControl(run, { type: 'stop' });
  await vi.waitFor(() => expect(heard).toHaveLength(2), 2000);
  expect(heard[1]).toEqual({ type: 'stop' });
  expect(statSync(run.control).mode & 0o777).toBe(0o600);
});

test('what is no message does not end the run that reads it', async () => {
  appendFileSync(run.control, 'garbage\n[]\nnull\n{"type":"answer","question":"q","answer":"explode"}\n{"type":"st');
  watch();
  expect(heard).toEqual([]);
  appendFileSync(run.control, 'op"}\n');
  await vi.waitFor(() => expect(heard).toEqual([{ type: 'stop' }]), 2000);
});

test('after the watch ended nothing is heard', async () => {
  watch();
  end();
  sendControl(run, { type: 'stop' });
  await new Promise((resolve) => setTimeout(resolve, 450));
  expect(heard).toEqual([]);
});
