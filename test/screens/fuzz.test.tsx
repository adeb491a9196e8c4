import { expect, test } from 'vitest';
import { random } from '../support/random.ts';
import { type FakeOptions, middleOfRun, someChecks, someClusters } from './fake-services.ts';
import { keys } from './mount.tsx';
import { mountWizard } from './mount-wizard.tsx';

const pressed = [
  keys.up,
  keys.down,
  keys.down,
  keys.left,
  keys.right,
  keys.enter,
  keys.enter,
  keys.enter,
  keys.escape,
  keys.space,
  keys.tab,
  keys.pageUp,
  keys.pageDown,
  keys.home,
  keys.end,
  keys.backspace,
  keys.controlC,
  keys.controlL,
  '/',
  '?',
  'a',
  'w',
  'f',
  'l',
  'p',
  'x',
  's',
  'r',
  'g',
  '中文',
  'Ωé👩‍👩‍👧',
  '10.0.0.11-15',
  '\u001b[<0;3;4M',
  '\u001b[200~10.0.0.1\n10.0.0.2\u001b[201~',
  '\u001b[200~\u001b[31m\u0000evil\u0007\u001b[201~',
  'abc\r',
];
const sizes = [
  { columns: 80, rows: 24 },
  { columns: 60, rows: 15 },
  { columns: 120, rows: 40 },
  { columns: 43, rows: 9 },
  { columns: 1, rows: 1 },
  { columns: 200, rows: 60 },
];

test.each([1, 2, 3, 4])('random keys, pastes and sizes break nothing (seed %i)', { timeout: 120_000 }, async (seed) => {
  const next = random(seed * 7919);
  const pick = <T,>(list: readonly T[]): T => list[Math.floor(next() * list.length)] as T;
  const history: string[] = [];
  const options: FakeOptions = { clusters: someClusters, checks: someChecks, run: (hosts) => middleOfRun(hosts, true) };
  const wizard = await mountWizard(seed % 2 === 0 ? { ...options, password: 'abc' } : options);
  const broken: unknown[] = [];
  const note = (thrown: unknown): void => {
    broken.push(thrown);
  };
  process.on('uncaughtException', note);
  try {
    for (let step = 0; step < 250; step++) {
      if (next() < 0.06) {
        const size = pick(sizes);
        history.push(`${size.columns}x${size.rows}`);
        wizard.terminal.resize(size);
        await wizard.settle();
      } else {
        const key = pick(pressed);
        history.push(JSON.stringify(key));
        await wizard.press(key);
      }
      expect(broken, history.slice(-12).join(' ')).toEqual([]);
    }
    wizard.terminal.resize({ columns: 80, rows: 24 });
    // Out of whatever it came into, back to the first screen: nothing is stuck.
    for (let step = 0; step < 25; step++) await wizard.press(keys.escape);
    const text = await wizard.text();
    expect(text, history.slice(-12).join(' ')).toContain('Landfall');
    wizard.model.home();
    await wizard.press(keys.escape);
    expect(await wizard.text(), history.slice(-12).join(' ')).toMatch(/New cluster|新建集群/);
  } finally {
    process.off('uncaughtException', note);
    await wizard.unmount();
  }
});
