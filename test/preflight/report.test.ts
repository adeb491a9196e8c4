import { expect, test } from 'vitest';
import { LandfallError } from '../../source/errors.ts';
import { acceptedIds } from '../../source/preflight/accept.ts';
import {
  type CheckId,
  type CheckResult,
  couldNotRun,
  finding,
  pass,
  type Severity,
  type Verdict,
} from '../../source/preflight/check.ts';
import { connectFailure } from '../../source/preflight/connect-failure.ts';
import { formatJson, formatJunit, formatText } from '../../source/preflight/format.ts';
import { blocking, exitCode } from '../../source/preflight/report.ts';
import { resultMaker } from '../../source/preflight/results.ts';
import { xmlProblem } from './xml.ts';

function result(id: CheckId, severity: Severity, verdict: Verdict, more: Partial<CheckResult> = {}): CheckResult {
  return {
    id,
    scope: 'host',
    severity,
    neverIgnored: false,
    subject: 'node-1',
    verdict,
    fixable: false,
    accepted: false,
    ...more,
  };
}

const blocked = result('disk-space', 'blocks', finding('1 GiB', '≥ 8 GiB'));
const warned = result('packages-broken', 'warns', finding('0077 <&"\u0001', '0022'));
const noted = result('swap-on', 'informs', finding('2 GiB', '0'));
const silent = result('ssh-sessions', 'warns', couldNotRun('sshd -T'));
const passed = result('memory-size', 'blocks', pass);

test('exit codes tell what is open', () => {
  expect(exitCode([passed, noted])).toBe(0);
  expect(exitCode([passed, warned, blocked])).toBe(1);
  expect(exitCode([passed, warned, silent])).toBe(5);
  expect(exitCode([passed, silent])).toBe(6);
  expect(
    exitCode([
      { ...blocked, accepted: true },
      { ...warned, accepted: true },
    ]),
  ).toBe(0);
});

test('a check that can never be ignored and could not run blocks as well', () => {
  expect(blocking([result('clock-plausible', 'blocks', couldNotRun('date'), { neverIgnored: true })])).toHaveLength(1);
  expect(blocking([result('disk-inodes', 'blocks', couldNotRun('df'))])).toHaveLength(0);
});

test('only known ids that may be accepted are, one by one', () => {
  expect([...acceptedIds(['packages-broken', 'disk-space'])]).toEqual(['packages-broken', 'disk-space']);
  expect(() => acceptedIds(['all'])).toThrow('no check named all');
  expect(() => acceptedIds(['*'])).toThrow('no check named');
  expect(() => acceptedIds(['machine-id-unique'])).toThrow('cannot be accepted');
  expect(resultMaker(new Set(['machine-id-unique']))('machine-id-unique', 'demo', finding('a', 'b')).accepted).toBe(
    false,
  );
  expect(resultMaker(new Set(['mesh-loss']))('mesh-loss', 'demo', finding('a', 'b')).accepted).toBe(true);
  expect(resultMaker(new Set(['mesh-loss']))('mesh-loss', 'demo', pass).accepted).toBe(false);
});

test('a host that was not reached is a finding of the check that stands for it', () => {
  const make = resultMaker(new Set());
  const failed = (code: string) => connectFailure('node-1', new LandfallError({ code, message: 'x' }), make).id;
  expect(failed('SSH_UNREACHABLE')).toBe('host-reachable');
  expect(failed('SSH_AUTH')).toBe('ssh-login');
  expect(failed('SSH_HOST_KEY_CHANGED')).toBe('ssh-host-key');
  expect(failed('SUDO_DENIED')).toBe('sudo-rights');
  expect(failed('HOST_UNSUPPORTED')).toBe('processor-architecture');
  expect(failed('COMMAND_FAILED')).toBe('host-answers-facts');
});

const report = { cluster: 'demo', results: [passed, noted, silent, warned, blocked], duration: 1234 };

test('the text begins with the worst and ends with a summary', () => {
  const lines = formatText(report, 'en');
  expect(lines[0]).toBe('BLOCKS  node-1  Disk space for images  [disk-space]');
  expect(lines.join('\n')).toContain('accept it with --accept disk-space');
  expect(lines.join('\n')).toContain('COULD NOT RUN  node-1');
  expect(lines.at(-1)).toBe('1 check passed, 1 finding blocks, 1 warning, 1 note, 1 could not run, 0 accepted (1.2 s)');
  expect(formatText(report, 'zh')[0]).toBe('阻止  node-1  镜像的磁盘空间  [disk-space]');
});

test('the JSON holds every result', () => {
  const parsed = JSON.parse(formatJson(report, 'en'));
  expect(parsed).toMatchObject({
    cluster: 'demo',
    exitCode: 1,
    counts: { passed: 1, blocks: 1, warns: 1, informs: 1, couldNotRun: 1 },
  });
  expect(parsed.results).toHaveLength(5);
  expect(parsed.results[4]).toMatchObject({ id: 'disk-space', state: 'finding', seen: '1 GiB', needed: '≥ 8 GiB' });
});

test('the JUnit file is well formed and counts right', () => {
  const xml = formatJunit(report, 'en');
  expect(xmlProblem(xml)).toBe('');
  expect(xml).toContain('tests="5" failures="2" errors="0" skipped="1"');
  expect(xml).toContain('0077 &lt;&amp;&quot;?');
});
