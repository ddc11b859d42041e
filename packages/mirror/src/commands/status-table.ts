import { strangerInWords } from '../link/strangers.ts';
import { groupOf } from '../names.ts';
import { alignedTable } from './aligned-table.ts';
import type { LinkStatus, LinkPartition } from './link-status.ts';

const head = ['shard', 'partition', 'target', 'position', 'source end', 'behind', 'state'];

/**
 * The status for people: a line for each partition, then what to do about those that need somebody, in lines
 * that can be pasted into a shell. With `before`, an earlier one, it also shows how many source offsets a
 * second were copied since.
 */
export function statusTable(status: LinkStatus, before?: LinkStatus): string {
  const earlier = new Map(before?.partitions.map((each) => [each.partition, each]));
  const seconds = before === undefined ? 0 : (Date.parse(status.at) - Date.parse(before.at)) / 1_000;
  const rates = (each: LinkPartition) =>
    before === undefined ? [] : [rateOf(each, earlier.get(each.partition), seconds)];
  const rows = [
    [...head.slice(0, -1), ...(before === undefined ? [] : ['a second']), 'state'],
    ...status.partitions.map((each) => [...cells(each), ...rates(each), stateOf(each)]),
  ];
  const notes = status.strangers.map((stranger) => strangerInWords(stranger, groupOf(status.link)));
  if (status.sourceAway !== null) {
    notes.push(`The source does not answer (${status.sourceAway}): this is what was copied before.`);
  }
  notes.push(...status.hidden.map((why) => `THESE MAY BE OLD POSITIONS: ${why}.`));
  const init = `mirror init --link ${status.link}`;
  const todo = [
    ...(status.registeredTopics === 0 ? [`${init}  # no topic is registered, so nothing is copied`] : []),
    ...status.partitions.flatMap((each) => each.todo ?? []),
    ...status.unregisteredTopics.map((topic) => `${init}  # ${topic}: not copied yet`),
    ...status.awaitedTopics.map(
      (topic) => `# ${topic}: the source shows no such topic; check its name, or wait`,
    ),
  ];
  return [...alignedTable(rows), ...(todo.length === 0 ? [] : ['', 'To do:', ...todo]), ...notes].join('\n');
}

function cells({ shard, partition, target, position, sourceEnd, behind }: LinkPartition): string[] {
  const orUnknown = (value: string | number | null) => (value === null ? '?' : String(value));
  return [String(shard), partition, target ?? '-', position ?? '-', orUnknown(sourceEnd), orUnknown(behind)];
}

function rateOf(now: LinkPartition, before: LinkPartition | undefined, seconds: number): string {
  if (before === undefined || now.position === null || before.position === null || seconds <= 0) return '?';
  return String(Math.max(0, Math.round(Number(BigInt(now.position) - BigInt(before.position)) / seconds)));
}

function stateOf({ state, pause }: LinkPartition): string {
  switch (state) {
    case 'copied':
      return 'copied';
    case 'retired':
      return 'retired: the topic is gone';
    case 'not-begun':
      return 'not begun';
    case 'no-target-partition':
      return 'no target partition: run mirror init';
    case 'paused':
  }
  if (pause === null) return 'paused';
  const { kind, from, to, since, detail } = pause;
  const range = from === to ? '' : ` [${from}, ${to})`;
  return `paused: ${kind}${range}${since === null ? '' : ` since ${since}`}${detail && `: ${detail}`}`;
}
