import { expect, test } from 'vitest';
import { checkText, factsOf, recording, recordings } from './recorded.ts';

test('there are recordings of seven systems', () => {
  expect(recordings.length).toBeGreaterThanOrEqual(7);
});

test.each(recordings)('%s gives no false alarm, and every check could run', (name) => {
  const results = checkText(recording(name));
  expect(results.length).toBeGreaterThan(130);
  const loud = results.filter((result) => result.verdict.state !== 'pass' && result.severity !== 'informs');
  expect(loud).toEqual([]);
  expect(results.filter((result) => result.verdict.state === 'could-not-run')).toEqual([]);
});

test('details are read as they stand', () => {
  const facts = factsOf(recording('sles-15.txt'));
  expect(facts.distribution).toEqual({ id: 'sles', version: '15.6', name: 'SUSE Linux Enterprise Server 15 SP6' });
  expect(facts.details.mounted?.[0]).toMatchObject({ mount: '/', type: 'btrfs', device: '/dev/vda2' });
  expect(facts.details.unitStates?.find((unit) => unit.name === 'chronyd.service')).toMatchObject({
    active: 'active',
    enabled: 'enabled',
  });
  expect(facts.details.synchronised).toBe('yes');
  expect(facts.details.sshServer?.get('maxstartups')).toBe('10:30:100');
  expect(facts.details.sysctls.get('net/ipv4/ip_local_port_range')).toBe('32768\t60999');
  expect(facts.details.features.get('vxlan')).toBe('loadable');
});

test('facts of an older script are unknown and not empty', () => {
  const old = recording('rhel-9.txt')
    .split('\n')
    .filter((line) =>
      /^(hostname|machine-id|distribution|kernel |architecture|cgroup |systemd |processors|memory-kib|swap-kib|open-files|mount |address |route |time |listen |tool |selinux)/.test(
        line,
      ),
    )
    .join('\n');
  const results = checkText(old);
  expect(results.filter((result) => result.verdict.state === 'finding' && result.severity !== 'informs')).toEqual([]);
  expect(results.filter((result) => result.verdict.state === 'could-not-run').length).toBeGreaterThan(30);
});

test('sockets are read where there is no ss', () => {
  const text = recording('rhel-9.txt').replace(/^(listen|sockets|process-unit).*\n/gm, '');
  const facts = factsOf(
    `${text}listen-raw tcp 00000000:192B\nlisten-raw tcp 00000000000000000000000000000000:0016\nlisten-raw udp 0100007F:0035\nsockets proc\n`,
  );
  expect(facts.details.listening).toMatchObject([
    { protocol: 'tcp', address: '0.0.0.0', port: 6443 },
    { protocol: 'tcp', address: '[::]', port: 22 },
    { protocol: 'udp', address: '127.0.0.1', port: 53 },
  ]);
});
