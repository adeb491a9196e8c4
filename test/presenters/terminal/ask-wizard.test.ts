import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { askWizard } from '../../../source/presenters/terminal/numbered/ask-wizard.ts';
import { endOfRun, type FakeOptions, fakeServices, middleOfRun, someChecks } from '../../screens/fake-services.ts';
import { testProfile } from '../../screens/mount.tsx';

async function talk(answers: readonly string[], options: FakeOptions = {}, language: 'en' | 'zh' = 'en') {
  const services = fakeServices(options);
  const input = new PassThrough();
  const output = new PassThrough();
  let said = '';
  output.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  input.end(answers.map((answer) => `${answer}\n`).join(''));
  const ending = await askWizard({ profile: testProfile({ language }), services, input, output }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return { services, said, ending };
}

const toReview = ['1', '1', '10.0.0.11-13', 'root', '1', 'secret', '', '1, 2', 'shop'];

test('the whole wizard can be answered line by line, and Enter to the last question means no', async () => {
  const { services, said, ending } = await talk([...toReview, '']);
  expect(ending).toBeUndefined();
  expect(said).toContain('server-01.example.org, Debian GNU/Linux 12, 4 CPU');
  expect(said).toContain('3 control planes, 0 workers');
  expect(said).toContain('landfall apply shop');
  expect(said).not.toContain('secret');
  expect(services.drafts).toHaveLength(1);
  expect(services.drafts[0]?.applications.map((entry) => entry.package)).toEqual(['mysql', 'redis']);
});

test('yes starts it, and the run is said until addresses and, on wish, passwords', async () => {
  const ending = { run: endOfRun, followEnds: true };
  const { said } = await talk([...toReview, 'yes', 'yes'], ending);
  expect(said).toContain('10.0.0.11:30306');
  expect(said).toContain('Vh4mKq7RtzWn');
  const quiet = await talk([...toReview, 'yes', ''], ending);
  expect(quiet.said).toContain('********');
  expect(quiet.said).not.toContain('Vh4mKq7RtzWn');
});

test('a step of a run that failed is asked about, and the answer reaches it', async () => {
  const { services } = await talk([...toReview, 'yes', '2'], {
    run: (hosts) => middleOfRun(hosts, true),
    followEnds: true,
  });
  expect(services.answers.map(({ answer }) => answer)).toEqual(['skip-host']);
});

test('a wrong number is asked again, "<" goes back, and an end of the input is an error with a way out', async () => {
  const { said, ending } = await talk(['9', '1', '1', '<', '1', '10.0.0.300', '10.0.0.11']);
  expect(said).toContain('Please type a number from 1 to 2.');
  expect(said.match(/== Bundle/g)).toHaveLength(2);
  expect(said).toContain('Not understood: 10.0.0.300');
  expect(ending).toMatchObject({ code: 'TERMINAL_CLOSED' });
});

test('findings are said with what to do; fixing and accepting let one go on', async () => {
  const answers = ['1', '1', '10.0.0.11-13', 'root', '1', 'secret', '', '2', '2', '', 'shop', ''];
  const { said, services } = await talk(answers, { checks: someChecks });
  expect(said).toContain('blocks: The clocks of all hosts agree (server-02)');
  expect(said).toContain('What to do: Put /var/lib/etcd on an SSD.');
  expect(services.drafts).toHaveLength(1);
  expect(services.drafts[0]?.acceptedWarnings).toEqual([{ id: 'disk-speed', host: 'server-03' }]);
});

test('the load balancer is asked for where there is a choice, and else it is said why not', async () => {
  const answers = ['1', '1', '10.0.0.11-13', 'root', '1', 'secret', '', '2', '1, 2', 'shop', ''];
  const { said, services } = await talk(answers, { ipvs: true });
  expect(said).toContain('2. keepalived with IPVS on every node');
  expect(services.drafts[0]?.balancer).toBe('keepalived');
  const other = await talk([...toReview, '']);
  expect(other.said).toContain('keepalived is not offered');
  expect(other.services.drafts[0]?.balancer).toBe('haproxy');
});

test('it speaks Chinese as well', async () => {
  const { said } = await talk(['2'], {}, 'zh');
  expect(said).toContain('您想做什么？');
  expect(said).not.toMatch(/What do you want/);
});
