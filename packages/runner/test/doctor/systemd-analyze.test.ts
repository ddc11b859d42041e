import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { execCommands } from '../../src/doctor/supervisor/systemd/exec-line.ts';
import { systemdSpanMs } from '../../src/doctor/supervisor/systemd/systemd-span.ts';
import { readAssignments, UnitSettings } from '../../src/doctor/supervisor/systemd/unit-file.ts';

const analyze = (...args: string[]) => spawnSync('systemd-analyze', args, { encoding: 'utf8' });
const installed = analyze('--version').status === 0;

const spanCases = [
  ...['90', '1min 30s', '1min30s', '2h', '500ms', '500msec', '5M', '1month', '.5', '1.5h', '0.25min', '+5'],
  ...['5sec3', '5 3', '1y 2w', '1d12h', '7us', '5000000usec', '5µs', '5 s', '  5s  ', 'infinity', '0', '1hr'],
  ...[
    '3weeks',
    '2days',
    '1 year',
    '10seconds',
    '1minute',
    '1hour 1minute',
    '1m 1M',
    '007',
    '1.50',
    '90s90ms',
  ],
  ...[
    'soon',
    '5.',
    '.',
    '5 parsecs',
    '1.2.3',
    '5S',
    '5MIN',
    '1h-',
    'infinity 5',
    '5,5',
    '0x10',
    '1e3',
    '--5',
  ],
  ...['5s5', '5.5.5s', 'ms', '5 ms s', '3mins', '1 h 2 m 3 s 4 ms', '4294967296', '1.000001s', '12.34s.56'],
];

/** What systemd makes of a span, in ms; undefined when it refuses it. */
function measured(span: string): number | undefined {
  const { status, stdout } = analyze('timespan', '--', span);
  if (status !== 0) return undefined;
  const text = /μs: (\d+|infinity)/.exec(stdout)?.[1];
  return text === undefined ? Infinity : Number(text) / 1_000;
}

it.skipIf(!installed).each(spanCases)('systemd-analyze reads the span %j as we do', (span) => {
  const shown = (ms: number | undefined) =>
    ms === undefined ? 'refused' : ms > 1e15 ? 'for ever' : ms.toFixed(3);
  expect(shown(systemdSpanMs(span))).toBe(shown(measured(span)));
});

/** What `systemd-analyze verify` says of a unit. */
function verify(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'penstock-verify-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'tide.service'), text);
  return analyze('verify', '--man=no', join(folder, 'tide.service')).stderr;
}

/** The lines that it skips. */
function skippedLines(text: string): string[] {
  const numbers = [...verify(text).matchAll(/tide\.service:(\d+): .*ignoring/g)].map(([, line]) =>
    Number(line),
  );
  return numbers.map((number) => text.split('\n')[number - 1]!);
}

it.skipIf(!installed)('systemd-analyze skips the settings that we skip', () => {
  const lines = [
    ...['TimeoutStopSec=', 'TimeoutStopSec=soon', 'TimeoutStopSec=5s', 'TimeoutSec=later', 'TimeoutSec=2min'],
    ...['KillMode=', 'KillMode=everything', 'KillMode=mixed', 'SendSIGKILL=perhaps', 'SendSIGKILL=off'],
    ...['KillSignal=', 'KillSignal=SIGTERM', 'KillSignal=15', 'FinalKillSignal=', 'FinalKillSignal=SIGQUIT'],
    ...['RemainAfterExit=', 'RemainAfterExit=maybe', 'RemainAfterExit=t', 'Type=', 'Type=quick'],
  ];
  const skipped = skippedLines(`[Service]\nExecStart=/bin/true\n${lines.join('\n')}\n`);
  const settings = new UnitSettings(readAssignments(`[Service]\n${lines.join('\n')}\n`));
  const spans = ['TimeoutStopSec', 'TimeoutSec'];
  const ours = settings.skipped(spans, (value) => systemdSpanMs(value) !== undefined);
  expect(skipped.filter((line) => line.startsWith('Timeout')).sort()).toEqual(ours.sort());
  expect(skipped).toEqual(
    expect.arrayContaining(['KillMode=everything', 'SendSIGKILL=perhaps', 'FinalKillSignal=', 'Type=quick']),
  );
  expect(skipped).not.toContain('KillMode=mixed');
  expect(skipped).not.toContain('KillMode='); // the default again
});

const programs: [line: string, program: string][] = [
  ['-/nowhere/a', '/nowhere/a'],
  ['@/nowhere/b name', '/nowhere/b'],
  ['+/nowhere/c', '/nowhere/c'],
  ['"/nowhere/d e" x', '/nowhere/d e'],
  ["'/nowhere/f'g", '/nowhere/fg'],
  ['!!/nowhere/h\\x20i', '/nowhere/h i'],
];

it.skipIf(!installed).each(programs)(
  'systemd-analyze finds the program of ExecStart=%s where we do',
  (line, program) => {
    expect(execCommands(line)[0]?.[0]).toBe(program);
    const said = verify(`[Service]\nExecStart=${line.replace(/^-/, '')}\n`);
    expect(said).toContain(`Command ${program} is not executable`);
  },
);
