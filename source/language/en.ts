import type { RoughDuration } from './format.ts';

const plural = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;

/** Every word of the screens in English; its shape is what the other languages must fill. */
export const en = {
  frame: {
    stepOf: (step: number, steps: number) => `step ${step} of ${steps}`,
    practice: 'PRACTICE',
    tooSmall: (columns: number, rows: number, needColumns: number, needRows: number) =>
      `This window has ${columns}x${rows} characters. Please enlarge it to ${needColumns}x${needRows} or more. Everything goes on working meanwhile.`,
  },
  steps: {
    bundle: 'Bundle',
    hosts: 'Hosts',
    roles: 'Roles',
    checks: 'Checks',
    applications: 'Apps',
    review: 'Review',
  },
  keyNames: {
    up: 'Up/Down',
    left: 'Left/Right',
    pageup: 'PgUp/PgDn',
    home: 'Home/End',
    enter: 'Enter',
    space: 'Space',
    escape: 'Esc',
    tab: 'Tab',
    'ctrl-c': 'Ctrl-C',
    'ctrl-l': 'Ctrl-L',
  },
  /** Short words for the footer. */
  commands: {
    move: 'move',
    choose: 'choose',
    page: 'page',
    ends: 'first/last',
    nextField: 'next',
    toggle: 'select',
    confirm: 'confirm',
    back: 'back',
    help: 'help',
    filter: 'search',
    next: 'next',
    add: 'add',
    remove: 'remove',
    edit: 'edit',
    scan: 'scan',
    role: 'role',
    recheck: 'check again',
    fix: 'fix',
    accept: 'accept',
    verify: 'verify',
    copy: 'copy',
    log: 'log',
    allLogs: 'all logs',
    commands: 'commands',
    follow: 'follow',
    reveal: 'passwords',
    save: 'save',
    stop: 'stop',
    report: 'report',
    language: 'language',
    redraw: 'redraw',
    quit: 'quit',
  },
  /** The same in the words of the help overlay and of docs/keys.md. */
  commandHelp: {
    move: 'Move to the line above or below',
    choose: 'Move between buttons, or change a choice',
    page: 'Move by a page',
    ends: 'Move to the first or the last line',
    nextField: 'Move to the next field, or between list and buttons',
    toggle: 'Select or clear the line',
    confirm: 'Open the line, or press the button',
    back: 'Go back; what was typed is kept',
    help: 'Show these keys',
    filter: 'Search in the list',
    next: 'Go to the next step',
    add: 'Add',
    remove: 'Remove the line',
    edit: 'Change the line',
    scan: 'Look for machines in the network',
    role: 'Change the role of the host',
    recheck: 'Run the checks again',
    fix: 'Let Landfall fix what was found',
    accept: 'Accept the warning and go on',
    verify: 'Read every byte and compare it with its checksum',
    copy: 'Copy to the disk of this machine',
    log: 'Show the log of the host',
    allLogs: 'Show the log of all hosts',
    commands: 'Show the commands that are run',
    follow: 'Follow the end of the log',
    reveal: 'Show or hide passwords',
    save: 'Save the cluster document',
    stop: 'Stop after the running steps',
    report: 'Save a report without secrets',
    language: 'Change the language',
    redraw: 'Draw the screen again',
    quit: 'Quit, after a question',
  },
  help: {
    title: 'Help',
    why: (screen: string) => `Keys of the screen "${screen}" and of every screen.`,
    here: 'On this screen',
    everywhere: 'Everywhere',
    close: 'close',
  },
  list: {
    filter: 'Search:',
    matches: (shown: number, all: number) => `${shown} of ${all}`,
    noMatch: 'Nothing matches. Esc clears the search.',
    position: (first: number, last: number, all: number) => `${first}-${last} of ${all}`,
  },
  form: { next: 'next field' },
  words: {
    yes: 'Yes',
    no: 'No',
    cancel: 'Cancel',
    close: 'Close',
    continue: 'Continue',
    back: 'Back',
    unknown: 'unknown',
    hosts: (count: number) => plural(count, 'host', 'hosts'),
    nodes: (count: number) => plural(count, 'node', 'nodes'),
    duration: ({ value, unit }: RoughDuration) => plural(value, unit.slice(0, -1), unit),
    ago: ({ value, unit }: RoughDuration) => `${plural(value, unit.slice(0, -1), unit)} ago`,
  },
  quit: {
    title: 'Quit?',
    nothingChanged: 'Nothing was changed on any machine yet. What you typed here is lost.',
    no: 'No, stay here',
    yes: 'Yes, quit',
  },
};

type Widened<T> = T extends string
  ? string
  : T extends (...parameters: infer P) => string
    ? (...parameters: P) => string
    : T extends readonly string[]
      ? readonly string[]
      : { readonly [K in keyof T]: Widened<T[K]> };

export type Messages = Widened<typeof en>;
