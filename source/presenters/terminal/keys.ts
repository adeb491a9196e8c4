/**
 * The one key map: footers, the help overlay and docs/keys.md are made from it. Labels are keys of the language files.
 * Letters work only while no text field has the focus.
 */
export type KeyName =
  | 'up'
  | 'down'
  | 'left'
  | 'right'
  | 'pageup'
  | 'pagedown'
  | 'home'
  | 'end'
  | 'enter'
  | 'space'
  | 'escape'
  | 'tab'
  | 'shift-tab'
  | 'ctrl-c'
  | 'ctrl-l'
  | `letter:${string}`;

export const keyMap = {
  move: ['up', 'down'],
  choose: ['left', 'right'],
  page: ['pageup', 'pagedown'],
  ends: ['home', 'end'],
  nextField: ['tab', 'shift-tab'],
  toggle: ['space'],
  confirm: ['enter'],
  back: ['escape'],
  help: ['letter:?'],
  filter: ['letter:/'],
  add: ['letter:a'],
  remove: ['letter:x'],
  scan: ['letter:s'],
  role: ['letter:r'],
  recheck: ['letter:r'],
  fix: ['letter:f'],
  accept: ['letter:w'],
  verify: ['letter:v'],
  copy: ['letter:c'],
  log: ['letter:l'],
  allLogs: ['letter:a'],
  commands: ['letter:c'],
  reveal: ['letter:p'],
  save: ['letter:s'],
  stop: ['letter:s'],
  report: ['letter:r'],
  language: ['letter:g'],
  redraw: ['ctrl-l'],
  quit: ['ctrl-c'],
} as const satisfies Record<string, readonly KeyName[]>;

export type Command = keyof typeof keyMap;

/** Order in which a footer names its keys; what does not fit is dropped from the right. */
export const footerOrder: readonly Command[] = [
  'move',
  'choose',
  'page',
  'ends',
  'nextField',
  'toggle',
  'confirm',
  'back',
  'help',
  'filter',
  'add',
  'remove',
  'scan',
  'role',
  'recheck',
  'fix',
  'accept',
  'verify',
  'copy',
  'log',
  'allLogs',
  'commands',
  'reveal',
  'save',
  'stop',
  'report',
  'language',
];

/** Commands that work on every screen. */
export const globalCommands: readonly Command[] = ['help', 'redraw', 'quit'];

/** True when the pressed key is one of the command's. */
export function isCommand(command: Command, key: KeyName): boolean {
  return (keyMap[command] as readonly KeyName[]).includes(key);
}
