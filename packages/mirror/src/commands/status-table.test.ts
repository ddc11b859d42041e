import { readFileSync } from 'node:fs';
import type { Genesis } from '@penstock/ledger';
import { expect, test } from 'vitest';
import type { LinkStatus, LinkPartition } from './link-status.ts';
import { notBegun } from './not-begun.ts';
import { statusTable } from './status-table.ts';
import { whatToDo } from './what-to-do.ts';

const copied: LinkPartition = {
  shard: 0,
  partition: 'clean-0',
  target: 'clean-3',
  position: '100',
  sourceEnd: '130',
  behind: 30,
  state: 'copied',
  pause: null,
  todo: null,
};

function linkStatus(at: string, partitions: readonly LinkPartition[]): LinkStatus {
  const clusters = { sourceClusterId: 'a', targetClusterId: 'b' };
  const none = { sourceAway: null, strangers: [], unregisteredTopics: [], awaitedTopics: [], hidden: [] };
  return { link: 'fra', at, ...clusters, shards: 2, registeredTopics: 1, partitions, ...none };
}

test('an operator reads what is paused, since when, and what to type', () => {
  const pause = { kind: 'overtaken', from: '5', to: '9', since: '2026-01-02T03:04:05.000Z', detail: 'gone' };
  const paused: LinkPartition = {
    ...copied,
    partition: 'clean-1',
    state: 'paused',
    pause,
    todo: whatToDo('overtaken', 'fra', 'clean-1'),
  };
  const table = statusTable(linkStatus('2026-01-02T04:00:00.000Z', [copied, paused]));
  expect(table).toContain('clean-0    clean-3  100       130         30      copied');
  expect(table).toContain('paused: overtaken [5, 9) since 2026-01-02T03:04:05.000Z: gone');
  expect(table).toContain('To do:\nmirror resume --link fra --partition clean-1 --skip-gap  # accepts');
});

test('the README shows it as it is, with long lines folded', () => {
  const clean = { name: 'clean', id: 'id', partitions: 4, target: 'clean', origins: [] };
  const genesis: Genesis = {
    ...{ link: 'fra', shards: 1, sourceClusterId: 'a', targetClusterId: 'b', generation: 1 },
    topics: [{ ...clean, ranges: [{ first: 3, width: 3 }] }],
  };
  const begun = [0, 1].map((partition) => ({ topic: 'clean', partition }));
  const [notBegunYet, withoutRoom] = notBegun(0, genesis, begun, () => 4);
  const detail = 'the source deleted records that were not copied yet';
  const pause = { kind: 'overtaken', from: '47990', to: '48700', since: '2026-01-02T03:04:05.000Z', detail };
  const table = statusTable(
    linkStatus('2026-01-02T04:00:00.000Z', [
      { ...copied, position: '48210', sourceEnd: '48212', behind: 2 },
      notBegunYet!,
      {
        ...{ ...copied, shard: 1, partition: 'clean-1', target: 'clean-4', position: '47990' },
        ...{ sourceEnd: '51021', behind: 3031, pause },
        state: 'paused',
        todo: whatToDo('overtaken', 'fra', 'clean-1'),
      },
      {
        ...{ ...copied, shard: 1, partition: 'old-0', target: 'old-0', position: '900' },
        ...{ sourceEnd: null, behind: null },
        state: 'retired',
      },
      { ...withoutRoom!, shard: 1 },
    ]),
  );
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const unfolded = readme.replaceAll(/\n {8}/g, ' ').replaceAll(/^ {4}/gm, '');
  expect(unfolded).toContain(`\n${table}\n`);
});

test('what is unknown is a question mark, never 0', () => {
  const unheard: LinkPartition = { ...copied, sourceEnd: null, behind: null };
  expect(statusTable(linkStatus('2026-01-02T04:00:00.000Z', [unheard]))).toMatch(/100 +\? +\? +copied/);
});

test('without the source it says that this is what was copied before', () => {
  const unheard: LinkPartition = { ...copied, sourceEnd: null, behind: null };
  const away = { ...linkStatus('2026-01-02T04:00:00.000Z', [unheard]), sourceAway: 'no broker answers' };
  expect(statusTable(away)).toContain('The source does not answer (no broker answers)');
});

test('what an open transaction hides of the ledger is said', () => {
  const hidden = ['mirror.fra-0 is undecided from offset 7 on'];
  const table = statusTable({ ...linkStatus('2026-01-02T04:00:00.000Z', [copied]), hidden });
  expect(table).toContain('\nTHESE MAY BE OLD POSITIONS: mirror.fra-0 is undecided from offset 7 on.');
});

test('watching shows the offsets copied a second since the table before', () => {
  const before = linkStatus('2026-01-02T04:00:00.000Z', [copied]);
  const now = linkStatus('2026-01-02T04:00:02.000Z', [{ ...copied, position: '1100' }]);
  expect(statusTable(now, before)).toMatch(/a second +state\n.* 500 +copied/);
});

test('a link that copies nothing says so, and so does a topic that the source does not have', () => {
  const empty = { ...linkStatus('2026-01-02T04:00:00.000Z', []), registeredTopics: 0 };
  expect(statusTable(empty)).toContain('To do:\nmirror init --link fra  # no topic is registered');
  const awaiting = statusTable({ ...empty, registeredTopics: 1, awaitedTopics: ['evnets'] });
  expect(awaiting).toContain('To do:\n# evnets: the source shows no such topic');
});

test('topics without a partition are registered all the same: gone, or awaited without the source', () => {
  const gone = linkStatus('2026-01-02T04:00:00.000Z', []);
  expect(statusTable(gone)).not.toContain('no topic is registered');
  expect(statusTable({ ...gone, sourceAway: 'no broker answers' })).not.toContain('To do:');
});
