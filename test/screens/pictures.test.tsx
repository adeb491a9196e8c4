import { afterAll, beforeAll, test, vi } from 'vitest';
import {
  endOfRun,
  type FakeOptions,
  fakeHost,
  middleOfRun,
  someChecks,
  someClusters,
  testNow,
} from './fake-services.ts';
import { keys, type Look, lookName, looks } from './mount.tsx';
import { type MountedWizard, mountWizard } from './mount-wizard.tsx';

type Picture = {
  readonly name: string;
  readonly options?: FakeOptions;
  readonly reach: (wizard: MountedWizard) => Promise<void>;
};

const hostNames = ['server-01', 'server-02', 'server-03', 'server-04', 'server-05'];

/** Puts the model where a person would have come to, without the keys; the walk tests press them. */
function prepared(
  wizard: MountedWizard,
  count = 5,
  ipvs: (index: number) => boolean | undefined = () => undefined,
): void {
  const hosts = Array.from({ length: count }, (_, index) => {
    const state = fakeHost(index, ipvs(index));
    return { target: { address: state.address, port: 22 }, included: true, state };
  });
  wizard.model.change({
    hosts,
    login: { method: 'password', user: 'root', password: 'secret' },
    name: 'shop',
    bundle: '/media/operator/LANDFALL/landfall-bundle',
  });
}

/** To the question which load balancer it shall be; `ipvs` says which host's kernel has it. */
async function toBalancer(wizard: MountedWizard, ipvs: (index: number) => boolean): Promise<void> {
  prepared(wizard, 3, ipvs);
  await wizard.press(keys.enter);
  wizard.model.checks.run();
  wizard.model.go('review');
  wizard.model.runs.preview();
  await wizard.settle();
  await wizard.press(keys.tab, keys.home, keys.down, keys.down, keys.down, keys.down, keys.enter);
}

const pictures: readonly Picture[] = [
  { name: 'welcome-first', reach: async () => {} },
  { name: 'welcome-clusters', options: { clusters: someClusters }, reach: async () => {} },
  {
    name: 'welcome-interrupted',
    options: { clusters: someClusters },
    reach: (wizard) => wizard.press(keys.enter),
  },
  { name: 'help', options: { practice: true }, reach: (wizard) => wizard.press('?') },
  { name: 'bundle', reach: (wizard) => wizard.press(keys.enter) },
  {
    name: 'bundle-copying',
    reach: async (wizard) => {
      await wizard.press(keys.enter);
      await wizard.settle();
      await wizard.press('c');
      wizard.model.store.set((state) =>
        state.byteJob === undefined
          ? state
          : {
              ...state,
              byteJob: { ...state.byteJob, startedAt: testNow - 12_000, from: 0, done: 1.3e9, total: 4.5e9 },
            },
      );
    },
  },
  {
    name: 'bundle-problem',
    reach: async (wizard) => {
      await wizard.press(keys.enter);
      await wizard.press(keys.end);
    },
  },
  { name: 'hosts-empty', reach: async (wizard) => wizard.model.go('hosts') },
  {
    name: 'hosts-add',
    reach: async (wizard) => {
      wizard.model.go('hosts');
      await wizard.settle();
      await wizard.press('a', '10.0.0.11-15 root@10.0.0.300', keys.enter);
    },
  },
  {
    name: 'hosts-login',
    options: { practice: true },
    reach: async (wizard) => {
      wizard.model.go('hosts');
      await wizard.settle();
      await wizard.press('a', '10.0.0.11-15', keys.enter);
    },
  },
  {
    name: 'hosts-ready',
    reach: async (wizard) => {
      prepared(wizard);
      wizard.model.go('hosts');
    },
  },
  {
    name: 'hosts-failed',
    options: { password: 'right' },
    reach: async (wizard) => {
      prepared(wizard, 2);
      wizard.model.go('hosts');
      wizard.model.hosts.add([{ address: '10.0.0.14', port: 2222 }]);
      await wizard.settle();
      await wizard.press(keys.end);
    },
  },
  {
    name: 'roles',
    reach: async (wizard) => {
      prepared(wizard);
      wizard.model.go('roles');
    },
  },
  {
    name: 'checks',
    options: { checks: someChecks },
    reach: async (wizard) => {
      prepared(wizard, 3);
      wizard.model.go('checks');
      wizard.model.checks.run();
    },
  },
  {
    name: 'applications',
    reach: async (wizard) => {
      prepared(wizard);
      wizard.model.go('applications');
      wizard.model.runs.loadCatalogue();
      await wizard.settle();
      await wizard.press(keys.tab, keys.home, keys.space, keys.down, keys.space);
    },
  },
  {
    name: 'applications-settings',
    reach: async (wizard) => {
      prepared(wizard);
      wizard.model.go('applications');
      wizard.model.runs.loadCatalogue();
      await wizard.settle();
      await wizard.press(keys.tab, keys.home, keys.enter);
    },
  },
  {
    name: 'review',
    reach: async (wizard) => {
      prepared(wizard);
      await wizard.press(keys.enter);
      wizard.model.runs.loadCatalogue();
      wizard.model.checks.run();
      wizard.model.change({ applications: [{ package: 'mysql', parameters: {} }] });
      wizard.model.go('review');
      wizard.model.runs.preview();
    },
  },
  {
    name: 'review-balancer',
    reach: (wizard) => toBalancer(wizard, () => true),
  },
  {
    name: 'review-balancer-only',
    reach: (wizard) => toBalancer(wizard, (index) => index !== 2),
  },
  {
    name: 'review-question',
    reach: async (wizard) => {
      prepared(wizard);
      await wizard.press(keys.enter);
      wizard.model.checks.run();
      wizard.model.go('review');
      wizard.model.runs.preview();
      await wizard.settle();
      await wizard.press(keys.enter);
    },
  },
  {
    name: 'progress',
    options: { run: () => middleOfRun(hostNames, false), practice: true },
    reach: async (wizard) => {
      wizard.model.runs.open('shop');
      await wizard.until((text) => text.includes('server-01'));
    },
  },
  {
    name: 'progress-question',
    options: { run: () => middleOfRun(hostNames, true) },
    reach: async (wizard) => {
      wizard.model.runs.open('shop');
      await wizard.until((text) => text.includes('server-03'));
    },
  },
  {
    name: 'progress-failed-host',
    options: { run: () => middleOfRun(hostNames, true) },
    reach: async (wizard) => {
      wizard.model.runs.open('shop');
      await wizard.until((text) => text.includes('server-03'));
      await wizard.press(keys.escape, keys.home);
    },
  },
  {
    name: 'progress-1000',
    options: {
      run: () =>
        middleOfRun(
          Array.from({ length: 1000 }, (_, index) => `node-${index}`),
          true,
        ),
    },
    reach: async (wizard) => {
      wizard.model.runs.open('shop');
      await wizard.until((text) => text.includes('node-2'));
      await wizard.press(keys.escape);
    },
  },
  {
    name: 'log',
    options: { run: () => middleOfRun(hostNames, false) },
    reach: async (wizard) => {
      wizard.model.runs.open('shop');
      await wizard.until((text) => text.includes('server-01'));
      await wizard.press('a');
    },
  },
  {
    name: 'finished',
    options: { run: () => endOfRun(hostNames) },
    reach: async (wizard) => {
      wizard.model.runs.open('shop');
      await wizard.until((text) => text.includes('10.0.0.11'));
    },
  },
  {
    name: 'failed',
    options: {
      run: () => [
        ...middleOfRun(hostNames, true),
        {
          type: 'run-finished',
          outcome: 'failed',
          changed: 10,
          unchanged: 0,
          failed: 1,
          skipped: 9,
          milliseconds: 83_000,
        },
      ],
    },
    reach: async (wizard) => {
      wizard.model.runs.open('shop');
      await wizard.until((text) => text.includes('DISK_FULL') || text.includes('12 MiB'));
    },
  },
  {
    name: 'manage',
    reach: async (wizard) => {
      wizard.model.runs.manage('shop');
      await wizard.until((text) => text.includes('server-03'));
      await wizard.press(keys.down, keys.down);
    },
  },
  {
    name: 'quit',
    reach: (wizard) => wizard.press(keys.controlC),
  },
];

// The clock stands still for all of them, so they need not wait for each other.
beforeAll(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: testNow });
});
afterAll(() => {
  vi.useRealTimers();
});

async function take({ options, reach }: Picture, look: Look): Promise<string> {
  const wizard = await mountWizard(options, look);
  try {
    await reach(wizard);
    // What services tell is shown in batches; wait for the last one.
    await new Promise((resolve) => setTimeout(resolve, 250));
    const lines = (await wizard.text()).split('\n').slice(0, -1);
    return `${lookName(look)}\n${lines.map((line) => `|${line}`).join('\n')}\n`;
  } finally {
    await wizard.unmount();
  }
}

test.concurrent.for(pictures)(
  '$name in every size, language and glyph set',
  { timeout: 180_000 },
  async (picture, { expect: expectHere }) => {
    const taken = await Promise.all(looks.map((look) => take(picture, look)));
    await expectHere(taken.join('\n')).toMatchFileSnapshot(`pictures/${picture.name}.txt`);
  },
);
