import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { endOfRun, middleOfRun, someChecks, someClusters, testNow } from './fake-services.ts';
import { keys } from './mount.tsx';
import { type MountedWizard, mountWizard } from './mount-wizard.tsx';

let wizard: MountedWizard;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: testNow });
});
afterEach(async () => {
  await wizard.unmount();
  vi.useRealTimers();
});

test('from the first screen to addresses and passwords, with Enter wherever the proposal is good', async () => {
  wizard = await mountWizard();
  await wizard.press(keys.enter);
  await wizard.until((text) => text.includes('v1.36.3'));
  await wizard.press(keys.enter);
  await wizard.until((text) => text.includes('No hosts yet'));
  await wizard.press('a');
  await wizard.press('10.0.0.11-15');
  expect(await wizard.text()).toContain('5 hosts understood');
  await wizard.press(keys.enter);
  expect(await wizard.text()).toContain('How Landfall logs in');
  await wizard.press(keys.enter, keys.enter, 'secret', keys.enter);
  await wizard.until((text) => text.includes('5 of 5 chosen hosts ready'));
  await wizard.press(keys.enter);
  expect(await wizard.text()).toContain('Survives the loss of 1 control plane.');
  await wizard.press(keys.enter);
  await wizard.until((text) => text.includes('There are no checks'));
  await wizard.press(keys.enter);
  await wizard.until((text) => text.includes('MySQL'));
  await wizard.press(keys.space, keys.tab, keys.enter);
  await wizard.until((text) => text.includes('What will happen'));
  await wizard.press(keys.enter);
  expect(await wizard.text()).toContain('❯ No, go back');
  await wizard.press(keys.down, keys.enter);
  await wizard.until((text) => text.includes('Installing'));
  const draft = wizard.services.drafts[0];
  expect(draft?.hosts.map(({ nodeName, role }) => [nodeName, role])).toEqual([
    ['server-01', 'control-plane'],
    ['server-02', 'control-plane'],
    ['server-03', 'control-plane'],
    ['server-04', 'worker'],
    ['server-05', 'worker'],
  ]);
  expect(draft?.login).toEqual({ method: 'password', user: 'root', password: 'secret' });
  expect(draft?.applications).toEqual([{ package: 'mysql', parameters: { storage: '20Gi', replicas: 3 } }]);
  wizard.services.emit(endOfRun(['server-01']).slice(-1));
  await wizard.until((text) => text.includes('10.0.0.11:30306'));
  expect(await wizard.text()).not.toContain('Vh4mKq7RtzWn');
  await wizard.press('p');
  expect(await wizard.text()).toContain('Vh4mKq7RtzWn');
});

test('Esc goes back screen by screen and everything typed is still there', async () => {
  wizard = await mountWizard();
  await wizard.press(keys.enter);
  await wizard.until((text) => text.includes('v1.36.3'));
  await wizard.press(keys.down, ' ', keys.tab, keys.enter, 'a', '10.0.0.11, 10.0.0.12', keys.escape);
  expect(await wizard.text()).toContain('No hosts yet');
  await wizard.press('a');
  expect(await wizard.text()).toContain('10.0.0.11, 10.0.0.12');
  await wizard.press(keys.enter, keys.enter, keys.enter, 'pw', keys.enter);
  await wizard.until((text) => text.includes('2 of 2 chosen hosts ready'));
  await wizard.press(keys.escape);
  expect(await wizard.text()).toMatch(/✔ v1\.35\.9/);
  await wizard.press(keys.escape);
  expect(await wizard.text()).toContain('New cluster');
  await wizard.press(keys.enter, keys.tab, keys.enter);
  expect(await wizard.text()).toContain('2 of 2 chosen hosts ready');
});

test('a wrong password says what the host offers, and the right one mends it', async () => {
  wizard = await mountWizard({ password: 'right' });
  await wizard.press(keys.enter);
  await wizard.until((text) => text.includes('v1.36.3'));
  await wizard.press(keys.enter, 'a', '10.0.0.11', keys.enter, keys.enter, keys.enter, 'wrong', keys.enter);
  await wizard.until((text) => text.includes('It offers: publickey, password'));
  await wizard.press(keys.enter);
  expect(await wizard.text()).toContain('not ready');
  await wizard.press(keys.right, keys.right, keys.right, keys.enter);
  expect(await wizard.text()).toContain('How Landfall logs in');
  // The form stands where it was left: in the password.
  await wizard.press('\u0015', 'right', keys.enter);
  await wizard.until((text) => text.includes('1 of 1 chosen hosts ready'));
});

async function toChecks(): Promise<void> {
  await wizard.press(keys.enter);
  await wizard.until((text) => text.includes('v1.36.3'));
  await wizard.press(keys.enter, 'a', '10.0.0.11-13', keys.enter, keys.enter, keys.enter, 'pw', keys.enter);
  await wizard.until((text) => text.includes('3 of 3 chosen hosts ready'));
  await wizard.press(keys.enter, keys.enter);
}

test('keepalived is offered where every kernel has IPVS, and what it is chosen for is checked anew', async () => {
  wizard = await mountWizard();
  await toChecks();
  await wizard.settle();
  const able = (ipvs: (index: number) => boolean) =>
    wizard.model.store.set((state) => ({
      ...state,
      hosts: state.hosts.map((row, index) => {
        const summary = row.state?.summary;
        if (row.state === undefined || summary === undefined) return row;
        return { ...row, state: { ...row.state, summary: { ...summary, ipvs: ipvs(index) } } };
      }),
    }));
  able(() => true);
  wizard.model.go('review');
  wizard.model.runs.preview();
  await wizard.settle();
  const open = [keys.tab, keys.home, keys.down, keys.down, keys.down, keys.down, keys.enter];
  await wizard.press(...open);
  expect(await wizard.text()).toContain('The kernels of all chosen hosts can do both.');
  await wizard.press(keys.down, keys.enter);
  await wizard.settle();
  expect(wizard.model.store.get().balancer).toBe('keepalived');
  expect(await wizard.text()).toContain('keepalived with IPVS on every node');
  expect(await wizard.text()).toContain('not run for these hosts and roles yet');
  able((index) => index === 0);
  await wizard.settle();
  expect(await wizard.text()).toMatch(/keepalived with IPVS, which these kernels do not have/);
  await wizard.press(keys.enter);
  const text = await wizard.text();
  expect(text).toContain('keepalived is not offered');
  expect(text).not.toContain('keepalived with IPVS on every node');
  await wizard.press(keys.enter);
  expect(wizard.model.store.get().balancer).toBe('haproxy');
});

test('checks: what blocks must be mended, a warning may be accepted, nothing is passed over', async () => {
  wizard = await mountWizard({ checks: someChecks });
  await toChecks();
  await wizard.until((text) => text.includes('1 finding blocks, 2 warnings, 3 passed'));
  await wizard.press(keys.tab, keys.enter);
  expect(await wizard.text()).toContain('3 findings keep the install from starting');
  await wizard.press(keys.tab, keys.home);
  expect(await wizard.text()).toContain('41 seconds ahead');
  await wizard.press('w');
  expect(await wizard.text()).toContain('cannot be accepted');
  await wizard.press('f');
  await wizard.until((text) => text.includes('0 findings block, 2 warnings'));
  await wizard.press(keys.home, 'f');
  expect(await wizard.text()).toContain('Landfall cannot mend this by itself');
  await wizard.press(keys.home, 'w', keys.home, 'w');
  await wizard.until((text) => /accepted.*disk/s.test(text));
  await wizard.press(keys.tab, keys.enter);
  await wizard.until((text) => text.includes('MySQL'));
});

test('a failed step asks, the answer reaches the run, and a postponed question can be found again', async () => {
  wizard = await mountWizard({ clusters: someClusters, run: (hosts) => middleOfRun(hosts, true) });
  await wizard.until((text) => text.includes('lab-frankfurt'));
  await wizard.press(keys.down, keys.down, keys.enter);
  await wizard.until((text) => text.includes('A step failed'));
  expect(await wizard.text()).toContain('No space left on device');
  await wizard.press(keys.escape);
  await wizard.until((text) => text.includes('1 question waits for you'));
  await wizard.press(keys.home, keys.enter);
  await wizard.until((text) => text.includes('A step failed'));
  await wizard.press(keys.down, keys.enter);
  expect(wizard.services.answers).toEqual([{ question: 'node@server-03#1', answer: 'skip-host' }]);
});

test('an interrupted run is continued from the first screen', async () => {
  wizard = await mountWizard({ clusters: someClusters });
  await wizard.until((text) => text.includes('interrupted, 43%'));
  await wizard.press(keys.enter);
  expect(await wizard.text()).toContain('Go on where it stopped');
  await wizard.press(keys.enter);
  await wizard.until((text) => text.includes('Installing'));
  expect(wizard.services.calls).toContain('resume warehouse');
});

test('Ctrl-C asks on every screen; during a run leaving lets it go on', async () => {
  wizard = await mountWizard({ clusters: someClusters });
  await wizard.until((text) => text.includes('lab-frankfurt'));
  await wizard.press(keys.controlC);
  expect(await wizard.text()).toContain('❯ No, stay here');
  await wizard.press(keys.enter);
  expect(wizard.exits).toEqual([]);
  await wizard.press(keys.down, keys.down, keys.enter);
  await wizard.until((text) => text.includes('Installing'));
  await wizard.press('l');
  expect(await wizard.text()).toContain('Log of server-01');
  await wizard.press(keys.controlC);
  expect(await wizard.text()).toContain('the run goes on');
  await wizard.press(keys.controlC);
  expect(wizard.exits).toEqual([{ kind: 'detached', cluster: 'shop' }]);
});

test('the language can be changed at any time and everything is in it', async () => {
  wizard = await mountWizard();
  await wizard.press('g');
  const chinese = await wizard.text();
  expect(chinese).toContain('新建集群');
  expect(chinese).not.toMatch(/New cluster|Welcome/);
});

test('a dangerous action of a cluster asks first and says how it is done by command', async () => {
  wizard = await mountWizard({ clusters: someClusters });
  await wizard.until((text) => text.includes('shop'));
  await wizard.press(keys.down, keys.enter);
  await wizard.until((text) => text.includes('server-03'));
  await wizard.press(keys.down, keys.down);
  expect(await wizard.text()).toContain('gave no sign of life');
  await wizard.press(keys.enter, keys.down, keys.enter);
  expect(await wizard.text()).toContain('landfall node remove');
  await wizard.press(keys.enter);
  expect(wizard.services.calls).toEqual([]);
  await wizard.press(keys.enter, keys.down, keys.enter, keys.down, keys.enter);
  expect(wizard.services.calls).toEqual(['remove-node server-03']);
});

test('hosts of the SSH configuration are offered, and Enter takes them all', async () => {
  wizard = await mountWizard();
  await wizard.press(keys.enter);
  await wizard.until((text) => text.includes('v1.36.3'));
  await wizard.press(keys.enter, keys.right, keys.right, keys.enter);
  expect(await wizard.until((text) => text.includes('found. Space'))).toContain('❯ Select all ❮');
  await wizard.press(keys.enter);
  expect(await wizard.text()).toContain('How Landfall logs in');
});

test('the plan can be looked at host by host', async () => {
  wizard = await mountWizard();
  await toChecks();
  await wizard.until((text) => text.includes('checks passed') || text.includes('no checks'));
  await wizard.press(keys.enter, keys.tab, keys.enter);
  await wizard.until((text) => text.includes('What will happen'));
  await wizard.press(keys.right, keys.enter);
  expect(await wizard.text()).toMatch(/server-01 +4 steps\n +1 +Log in and look at the host/);
  await wizard.press(keys.escape);
  expect(await wizard.text()).toContain('❯ Plan by host ❮');
});
