import {
  checkGenesis,
  readLedger,
  shardOf,
  targetPartitionOf,
  type Genesis,
  type PartitionPosition,
} from '@penstock/ledger';
import { shardsOf } from '../link/check-link.ts';
import { inspectSource, type Inspected, type InspectedSource } from '../link/inspect-partitions.ts';
import type { LinkContext } from '../link/link-context.ts';
import { strangerInWords, strangersOf } from '../link/strangers.ts';
import { groupOf, partitionName } from '../names.ts';
import { isoTime } from '../wall-clock.ts';

const head = ['shard', 'partition', 'target', 'position', 'source end', 'behind', 'state'];

/** The ledger as a table, one line for each partition. It only reads: the mirror goes on undisturbed. */
export async function statusTable(link: LinkContext): Promise<string> {
  const { source, target, identity } = link;
  const shards = await shardsOf(link);
  const rows: string[][] = [head];
  for (let shard = 0; shard < shards; shard += 1) {
    const { genesis, positions } = await readLedger(target, identity.ledgerTopic, shard);
    checkGenesis(genesis, identity, shards);
    await source.refresh(...new Set(genesis.topics.map(({ name }) => name)));
    const sources = await inspectSource(source, positions);
    const where = (position: PartitionPosition) => targetOf(genesis, position);
    rows.push(...positions.map((each, index) => row(shard, each, where(each), sources[index]!)));
    rows.push(...notInLedger(link, shard, genesis, positions));
  }
  const strangers = await strangersOf(link);
  const notes = strangers.map((stranger) => strangerInWords(stranger, groupOf(identity.link)));
  return [aligned(rows), ...notes].join('\n');
}

function row(
  shard: number,
  position: PartitionPosition,
  target: string,
  source: Inspected<InspectedSource>,
): string[] {
  const end = source.kind === 'found' ? source.state.end : undefined;
  const behind = end === undefined ? undefined : end > position.position ? end - position.position : 0n;
  return [
    String(shard),
    partitionName(position.topic, position.partition),
    target,
    String(position.position),
    end === undefined ? '?' : String(end),
    behind === undefined ? '?' : String(behind),
    stateOf(position),
  ];
}

function targetOf(genesis: Genesis, { topic, partition }: { topic: string; partition: number }): string {
  const registered = genesis.topics.find(({ name }) => name === topic);
  const number = registered && targetPartitionOf(registered, partition);
  return registered === undefined || number === undefined ? '-' : partitionName(registered.target, number);
}

/** Source partitions of a shard without a position: nobody has begun them, or nobody can. */
function notInLedger(
  { source }: LinkContext,
  shard: number,
  genesis: Genesis,
  positions: readonly PartitionPosition[],
): string[][] {
  const known = new Set(positions.map(({ topic, partition }) => partitionName(topic, partition)));
  return genesis.topics.flatMap(({ name }) => {
    const count = source.knownTopic(name)?.partitions.length ?? 0;
    return Array.from({ length: count }, (_, partition) => partition)
      .filter((partition) => shardOf(name, partition, genesis.shards) === shard)
      .filter((partition) => !known.has(partitionName(name, partition)))
      .map((partition) => {
        const target = targetOf(genesis, { topic: name, partition });
        const state = target === '-' ? 'no target partition: run mirror init' : 'not begun';
        return [String(shard), partitionName(name, partition), target, '-', '?', '?', state];
      });
  });
}

function stateOf({ pause, retired }: PartitionPosition): string {
  if (pause === null) return retired ? 'retired: the topic is gone' : 'copied';
  const { kind, from, to, sinceMs, detail } = pause;
  const range = from === to ? '' : ` [${from}, ${to})`;
  const since = sinceMs === null ? '' : ` since ${isoTime(sinceMs)}`;
  return `paused: ${kind}${range}${since}${detail === '' ? '' : `: ${detail}`}`;
}

function aligned(rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)));
  return rows
    .map((cells) =>
      cells
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
