import { afterEach, expect, test } from 'vitest';
import { FormScreen } from '../../source/presenters/terminal/components/form-screen.tsx';
import { span } from '../../source/presenters/terminal/components/line.tsx';
import { ListScreen, type ListScreenProps } from '../../source/presenters/terminal/components/list-screen.tsx';
import { QuestionScreen } from '../../source/presenters/terminal/components/question-screen.tsx';
import { keys, type Look, looks, type Mounted, mountComponent } from './mount.tsx';

let mounted: Mounted | undefined;
afterEach(async () => {
  await mounted?.unmount();
  mounted = undefined;
});

const listOf = (count: number, parts: Partial<ListScreenProps> = {}): ListScreenProps => ({
  id: 'test',
  title: 'Things',
  why: 'A list of things of which only those in sight are drawn.',
  columns: [
    { title: 'Name', width: 10, grow: 1 },
    { title: 'Number', width: 6, align: 'right' },
  ],
  count,
  rowKey: (row) => `row-${row}`,
  cells: (row) => [[span(`thing ${row}`)], [span(String(row))]],
  search: (row) => `thing ${row}`,
  actions: [{ id: 'go', label: 'Go on', run: () => {} }],
  ...parts,
});

test('a list of 1000 rows shows a window, follows the cursor, and jumps to its ends', async () => {
  mounted = await mountComponent(<ListScreen {...listOf(1000)} />);
  const first = await mounted.text();
  expect(first).toContain('thing 0');
  expect(first).toMatch(/1-\d+ of 1000/);
  expect(first).not.toContain('thing 99');
  await mounted.press(keys.end);
  expect(await mounted.text()).toMatch(/❯ thing 999 +999/);
  await mounted.press(keys.pageUp, keys.down);
  const middle = await mounted.text();
  expect(middle).toMatch(/❯ thing 98\d/);
  await mounted.press(keys.home);
  expect(await mounted.text()).toMatch(/❯ thing 0 /);
});

test('the search narrows the list, and Esc widens it again', async () => {
  mounted = await mountComponent(<ListScreen {...listOf(1000)} />);
  await mounted.press('/', '9', '9', '7');
  const narrowed = await mounted.text();
  expect(narrowed).toContain('1 of 1000');
  expect(narrowed).toMatch(/thing 997/);
  await mounted.press('x');
  expect(await mounted.text()).toContain('Nothing matches');
  await mounted.press(keys.escape);
  expect(await mounted.text()).toContain('thing 0');
});

test('an empty list, a refused action and an unknown key do no harm', async () => {
  mounted = await mountComponent(
    <ListScreen
      {...listOf(0, {
        empty: ['Nothing here yet.'],
        actions: [{ id: 'go', label: 'Go on', unavailable: 'First add a thing.', run: () => {} }],
      })}
    />,
  );
  await mounted.press(keys.home, keys.end, keys.pageDown, keys.up, '\u001b[<0;10;10M', 'q', keys.enter);
  const text = await mounted.text();
  expect(text).toContain('Nothing here yet.');
  expect(text).toContain('First add a thing.');
});

test('Space, Enter and the buttons reach what they are for', async () => {
  const calls: string[] = [];
  mounted = await mountComponent(
    <ListScreen
      {...listOf(3, {
        toggle: { label: 'select', run: (row) => calls.push(`toggle ${row}`) },
        open: { label: 'open', run: (row) => calls.push(`open ${row}`) },
        commands: [{ command: 'role', run: (row) => calls.push(`role ${row}`) }],
        actions: [
          { id: 'one', label: 'One', run: () => calls.push('one') },
          { id: 'two', label: 'Two', run: () => calls.push('two') },
        ],
        back: () => calls.push('back'),
      })}
    />,
  );
  await mounted.press(keys.down, ' ', keys.enter, 'r', keys.down, keys.down, keys.right, keys.enter, keys.escape);
  expect(calls).toEqual(['toggle 1', 'open 1', 'role 1', 'two', 'back']);
});

const form = (submitted: unknown[]) => (
  <FormScreen
    id="form"
    title="Login"
    why="How Landfall logs in to the machines."
    fields={[
      {
        name: 'user',
        label: 'User name',
        kind: 'text',
        initial: 'root',
        hint: 'root, or a user who may use sudo',
        validate: (value) => (/^[a-z]+$/.test(value) ? undefined : 'A user name has small letters only, as in "root".'),
      },
      {
        name: 'method',
        label: 'Method',
        kind: 'choice',
        choices: [
          { value: 'password', label: 'Password' },
          { value: 'key', label: 'Key file' },
        ],
        initial: 'password',
      },
      {
        name: 'password',
        label: 'Password',
        kind: 'password',
        initial: '',
        visible: (values) => values['method'] === 'password',
        validate: (value) => (value === '' ? 'Please type the password.' : undefined),
      },
    ]}
    submit={{ label: 'Continue', run: (values) => submitted.push(values) }}
    back={() => {}}
  />
);

test('a form takes typing, pasting and CJK text, and says what is wrong under the field', async () => {
  const submitted: unknown[] = [];
  mounted = await mountComponent(form(submitted));
  await mounted.press(keys.backspace, keys.backspace, '王小明', keys.tab);
  const wrong = await mounted.text();
  expect(wrong).toContain('ro王小明');
  expect(wrong).toContain('small letters only');
  await mounted.press(keys.up, '\u0015', 'admin');
  expect(await mounted.text()).not.toContain('small letters only');
  // Enter in the same piece as the text, as a slow line delivers it.
  await mounted.press(keys.tab, keys.tab, keys.enter);
  expect(await mounted.text()).toContain('Please type the password.');
  await mounted.press(keys.paste('s3cret pass\n'), keys.enter);
  expect(submitted).toEqual([{ user: 'admin', method: 'password', password: 's3cret pass' }]);
  expect(await mounted.text()).not.toContain('s3cret');
});

test('text and Enter that arrive in one piece are both used', async () => {
  const submitted: unknown[] = [];
  mounted = await mountComponent(form(submitted));
  await mounted.press('\u0015', 'eve\r\t', 'pw1234\r');
  expect(submitted).toEqual([{ user: 'eve', method: 'password', password: 'pw1234' }]);
});

test('the cursor of the terminal stands where the next character goes, also after wide ones', async () => {
  mounted = await mountComponent(form([]));
  await mounted.text();
  const row = mounted.terminal.lines().findIndex((line) => line.includes('User name'));
  const column = mounted.terminal.lines()[row]?.indexOf('root') ?? 0;
  expect(mounted.terminal.cursor()).toEqual({ x: column + 4, y: row });
  await mounted.press('中');
  expect(mounted.terminal.cursor()).toEqual({ x: column + 6, y: row });
});

test('a question has the harmless answer first, and Esc gives it', async () => {
  const answers: string[] = [];
  const question = (
    <QuestionScreen
      title="Start?"
      question="This changes the machines."
      text={['From here on there is no way back.']}
      choices={[
        { id: 'no', label: 'No, go back' },
        { id: 'yes', label: 'Yes, start', dangerous: true },
      ]}
      answer={(choice) => answers.push(choice)}
    />
  );
  mounted = await mountComponent(question);
  expect(await mounted.text()).toContain('❯ No, go back');
  await mounted.press(keys.enter, keys.escape, keys.down, keys.enter);
  expect(answers).toEqual(['no', 'no', 'yes']);
});

test('the help overlay names the keys of the screen and leaves it as it was', async () => {
  mounted = await mountComponent(<ListScreen {...listOf(50)} />);
  await mounted.press(keys.down, keys.down, '?');
  const help = await mounted.text();
  expect(help).toContain('On this screen');
  expect(help).toContain('Search in the list');
  await mounted.press(keys.escape);
  expect(await mounted.text()).toMatch(/❯ thing 2 /);
});

test('Ctrl-L repairs a screen that something else wrote over', async () => {
  mounted = await mountComponent(<ListScreen {...listOf(5)} />);
  const before = await mounted.text();
  mounted.terminal.emulator.write('\u001b7\u001b[10;1Hgarbage from elsewhere\u001b8');
  await mounted.settle();
  expect(mounted.terminal.text()).toContain('garbage');
  await mounted.press(keys.controlL);
  expect(await mounted.until((text) => text.includes('thing 0'))).toBe(before);
});

test.each([
  [80, 24, 60, 15],
  [60, 15, 120, 40],
  [120, 40, 80, 24],
  [80, 24, 40, 10],
  [80, 24, 8, 3],
])('a window of %ix%i made %ix%i is drawn anew', async (columns, rows, nextColumns, nextRows) => {
  mounted = await mountComponent(<ListScreen {...listOf(100)} />, { ...(looks[0] as Look), columns, rows });
  await mounted.text();
  mounted.terminal.resize({ columns: nextColumns, rows: nextRows });
  await mounted.settle();
  const text = mounted.terminal.text();
  expect(text).toContain('Things');
  if (nextColumns >= 60) {
    expect(await mounted.text()).toContain('thing 0');
    expect(text.match(/thing 0/g)).toHaveLength(1);
  }
});
