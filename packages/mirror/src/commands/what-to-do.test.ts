import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { endsByItself, type Pause } from '@penstock/ledger';
import { expect, test } from 'vitest';
import { commands, flags } from './commands.ts';
import { notBegun } from './not-begun.ts';
import { whatToDo } from './what-to-do.ts';

/** One that is missing here does not compile. */
const everyKind: Record<Pause['kind'], true> = {
  ...{ overtaken: true, 'old-format': true, truncated: true, 'beyond-end': true, recreated: true },
  ...{ 'target-lost': true, 'target-not-empty': true, refused: true, corrupt: true, deleted: true },
  ...{ 'not-authorized': true, 'target-settings': true, failing: true },
};
const kinds = Object.keys(everyKind) as Pause['kind'][];

/** The words of each command that a shell finds in these lines. */
function pasted(lines: string): string[][] {
  const script = `mirror() { for word in "$@"; do printf '%s\\t' "$word"; done; echo; }\n${lines}\n`;
  const output = execFileSync('/bin/sh', ['-euc', script], { encoding: 'utf8' });
  return output.split('\n').flatMap((line) => (line === '' ? [] : [line.trimEnd().split('\t')]));
}

const pause = { from: 0n, to: 0n, sinceMs: null, detail: '' };

const options = Object.fromEntries(
  Object.entries({ ...flags, ...commands.resume.flags }).map(([name, { value }]) => [
    name,
    { type: value === undefined ? ('boolean' as const) : ('string' as const) },
  ]),
);

test.each(kinds)('what is to be done about %s can be pasted: commands, and remarks behind a #', (kind) => {
  const lines = whatToDo(kind, 'fra', 'events.clean-3');
  expect(lines).toContain('# ');
  expect(pasted(lines).length).toBeLessThanOrEqual(1);
  for (const args of pasted(lines.replaceAll('# or: ', ''))) {
    const { positionals, values } = parseArgs({ args, options, allowPositionals: true });
    expect(positionals).toEqual(['resume']);
    expect(values).toMatchObject({ link: 'fra', partition: 'events.clean-3' });
  }
});

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

test.each(kinds)('the README has a row for %s, with every answer that status proposes', (kind) => {
  const row = readme.split('\n').find((line) => line.startsWith(`| \`${kind}\` `)) ?? '';
  const goesOn = row.split('|').at(3) ?? '';
  const answers = whatToDo(kind, 'fra', 'clean-0').match(/--(skip-gap|restart|retry)/g) ?? ['by itself'];
  for (const answer of answers) expect(goesOn).toContain(answer);
  expect(goesOn.includes('by itself')).toBe(endsByItself({ ...pause, kind }));
});

test('so can what is to be done about partitions that nobody has begun', () => {
  const topic = { name: 'clean', id: 'id', partitions: 2, target: 'clean', origins: [] };
  const genesis = {
    ...{ link: 'fra', shards: 1, sourceClusterId: 'a', targetClusterId: 'b', generation: 1 },
    topics: [{ ...topic, ranges: [{ first: 0, width: 1 }] }],
  };
  const todo = notBegun(0, genesis, [], () => 2).map((each) => each.todo);
  expect(todo[0]).toBe('# clean-0: start a mirror, or wait');
  expect(pasted(todo.join('\n'))).toEqual([['init', '--link', 'fra']]);
});
