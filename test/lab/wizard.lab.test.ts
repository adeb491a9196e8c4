import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest';
import { hasTmux, tmuxTerminal } from '../screens/tmux.ts';
import { ensureLabBundle } from './cluster/bundle.ts';
import { landfallCommand } from './cluster/landfall.ts';
import { makeOperatorHome } from './cluster/operator-home.ts';
import { ensureImages } from './components/ensure.ts';
import { type Lab, upLab } from './hosts/lab.ts';
import { keepRecords, onHost, standsOn } from './proof/stage.ts';

// A person at a real terminal, by keys alone, with real machines: from the first screen to an application that answers.
describe.runIf(hasTmux)('the wizard on real hosts', () => {
  const terminal = tmuxTerminal('lab');
  const { press, type, until } = terminal;
  let lab: Lab;
  let environment: Readonly<Record<string, string>>;
  let installing = false;
  let installed = false;

  const open = (): void => terminal.open(landfallCommand(lab, []), environment);

  /** A machine with much to do has a slow disk for a moment: that warning is accepted, as a person would. */
  async function passChecks(): Promise<void> {
    await until(/\d+ checks passed|\d+ findings? blocks?, \d+ warning/, 240);
    for (let warning = 0; warning < 5 && terminal.screen().includes('! warning'); warning++) await press('Home', 'w');
    if (!terminal.screen().includes('❯ Continue ❮')) await press('Tab');
    await press('Enter');
  }

  beforeAll(async () => {
    const say = (line: string): void => console.log(line);
    await ensureImages(say);
    lab = await upLab({ name: 'wizard', hosts: 2, replace: true }, say);
    const bundle = await ensureLabBundle(lab, say);
    environment = (await makeOperatorHome(lab, bundle)).environment;
  });
  afterAll(async () => {
    terminal.close();
    await lab?.down();
  });

  test('keys alone lead to a working cluster and to an application whose address answers', async () => {
    onTestFailed(() => console.log(`${terminal.screen()}\nRecords of the run are kept in ${keepRecords(lab)}.`));
    open();
    await until('New cluster');
    await press('Enter');
    await until('1 bundle found');
    await press('Enter');

    // The network is found by itself; the second host has its SSH server at another port and is typed in.
    await until('Let Landfall scan your network');
    await press('Enter');
    await until('Networks of this machine: 10.77.0.0/24');
    await press('Enter');
    await until(/1 found\.[\s\S]*10\.77\.0\.11 /);
    await press('Enter');
    await until('How Landfall logs in');
    // Root with the key of this person is what is offered.
    await press('Enter', 'Enter', 'Enter', 'Enter');
    expect(await until('1 of 1 chosen hosts ready', 120)).toContain('SHA256:');
    await press('a');
    await until('Addresses, names');
    await type('10.77.0.12:2222');
    await press('Enter');
    await until('2 of 2 chosen hosts ready');

    // A login of its own, mistyped first.
    await press('Up', 'Enter');
    await until('Edit host');
    await press('Down', 'Space', 'Down', 'C-u');
    await type('operator');
    await press('Down', 'Left', 'Down');
    await type('wrong');
    await press('Enter', 'Enter');
    expect(await until(/offers\s+publickey,\s+password/)).toContain('refused the login of operator');
    await press('Enter');
    await until('1 chosen host is not ready');
    await press('Up', 'Enter');
    await until('Edit host');
    await press('Up', 'C-u');
    await type(readFileSync(lab.operatorPasswordFile, 'utf8'));
    await press('Enter', 'Enter');
    await until('2 of 2 chosen hosts ready');
    expect(terminal.screen()).not.toContain(readFileSync(lab.operatorPasswordFile, 'utf8').slice(0, 8));
    await press('Enter');

    await until('1 control plane, 1 worker');
    await press('Enter');
    await passChecks();
    await until('Web page');
    await press('End', 'Space');
    await until('1 application chosen');
    await press('Tab', 'Enter');
    await until('What will happen');
    await press('Up', 'Home', 'Enter');
    await until('Name of the cluster');
    await press('C-u');
    await type('walk');
    await press('Enter');
    await until(/Name +walk/);
    // The plan for that name is made anew, and without it nothing can be started.
    await until('It takes about');
    await press('Tab', 'Right', 'Right', 'Enter');
    expect(await until('Saved:')).toContain('landfall apply');
    await press('Left', 'Left', 'Enter');
    expect(await until('This is the last question')).toContain('❯ No, go back');
    await press('Down', 'Enter');
    await until(/\d+% .* so far/);
    installing = true;
  });

  test('a terminal that is closed does not stop the install; the next one ends with what was installed', async (context) => {
    standsOn(context, installing, 'the walk to the install');
    onTestFailed(() => console.log(`${terminal.screen()}\nRecords of the run are kept in ${keepRecords(lab)}.`));
    terminal.hangUp();
    open();
    await until(/❯ walk +\S+ working/);
    await press('Enter');
    await until(/\d+% .* so far/);
    await until(/The cluster "walk" works, and that was proved/, 600);
    const shown = await until(/http:\/\/[\d.]+:\d+/);
    const [address = ''] = /http:\/\/[\d.]+:\d+/.exec(shown) ?? [];
    const page = await lab.run(['curl', '--silent', '--max-time', '10', address]);
    expect(page.stdout).toContain('<h1>It works</h1>');
    const nodes = await onHost(lab, 'node-1', 'kubectl --kubeconfig /etc/kubernetes/admin.conf get nodes --no-headers');
    expect(nodes).toMatch(/^node-1 +Ready +control-plane .*\nnode-2 +Ready +<none> /);
    expect(await lab.outsidePackets()).toBe(0);
    installed = true;
  });

  test('afterwards the cluster is managed from the same screens', async (context) => {
    standsOn(context, installed, 'the install');
    onTestFailed(() => console.log(terminal.screen()));
    await press('Enter');
    await until(/❯ walk +\S+ ready/);
    await press('Enter');
    await until(/node-1 .*control plane +\S+ ready/);
    expect(await until(/Certificates \d\d/)).toMatch(/node-2 .*worker +\S+ ready/);
    await press('Right');
    await until(/Web page .*ready/);
    await press('Right');
    await until(/apiserver/);
    await press('Escape', 'C-c');
    await until('Do you want to leave Landfall?');
    await press('Down', 'Enter');
    await until('ended with 0');
    expect(terminal.state('#{cursor_flag} #{alternate_on}')).toBe('1 0');
  });
});
