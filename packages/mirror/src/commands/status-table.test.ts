import { expect, test } from 'vitest';
import type { LinkStatus, PartitionStatus } from './read-status.ts';
import { statusTable } from './status-table.ts';
import { whatToDo } from './what-to-do.ts';

const copied: PartitionStatus = {
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

function linkStatus(at: string, partitions: readonly PartitionStatus[]): LinkStatus {
  const clusters = { sourceClusterId: 'a', targetClusterId: 'b' };
  return { link: 'fra', at, ...clusters, shards: 2, partitions, strangers: [], unregisteredTopics: [] };
}

test('an operator reads what is paused, since when, and what to type', () => {
  const pause = { kind: 'overtaken', from: '5', to: '9', since: '2026-01-02T03:04:05.000Z', detail: 'gone' };
  const paused: PartitionStatus = {
    ...copied,
    partition: 'clean-1',
    state: 'paused',
    pause,
    todo: whatToDo('overtaken', 'clean-1'),
  };
  const table = statusTable(linkStatus('2026-01-02T04:00:00.000Z', [copied, paused]));
  expect(table).toContain('clean-0    clean-3  100       130         30      copied');
  expect(table).toContain('paused: overtaken [5, 9) since 2026-01-02T03:04:05.000Z: gone');
  expect(table).toContain('clean-1: mirror resume --partition clean-1 --skip-gap');
});

test('what is unknown is a question mark, never 0', () => {
  const unheard: PartitionStatus = { ...copied, sourceEnd: null, behind: null };
  expect(statusTable(linkStatus('2026-01-02T04:00:00.000Z', [unheard]))).toMatch(/100 +\? +\? +copied/);
});

test('watching shows the offsets copied a second since the table before', () => {
  const before = linkStatus('2026-01-02T04:00:00.000Z', [copied]);
  const now = linkStatus('2026-01-02T04:00:02.000Z', [{ ...copied, position: '1100' }]);
  expect(statusTable(now, before)).toMatch(/a second +state\n.* 500 +copied/);
});
