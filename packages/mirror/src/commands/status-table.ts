import { checkGenesis, readLedger, targetPartitionOf, type PartitionPosition } from '@penstock/ledger';
import { MirrorError } from '../errors.ts';
import { inspectSource } from '../link/inspect-partitions.ts';
import type { LinkContext } from '../link/link-context.ts';
import { partitionName } from '../names.ts';

const head = ['shard', 'partition', 'target', 'position', 'source end', 'behind', 'state'];

/** The ledger as a table, one line for each partition. Reads only: the mirror goes on undisturbed. */
export async function statusTable({ source, target, identity }: LinkContext): Promise<string> {
  const { ledgerTopic } = identity;
  await target.refresh(ledgerTopic);
  const shards = target.knownTopic(ledgerTopic)?.partitions.length;
  if (shards === undefined) throw new MirrorError('NO_LEDGER', `The target has no topic ${ledgerTopic}`);
  const rows: string[][] = [head];
  for (let shard = 0; shard < shards; shard += 1) {
    const { genesis, positions } = await readLedger(target, ledgerTopic, shard);
    checkGenesis(genesis, identity, shards);
    await source.refresh(...new Set(positions.map(({ topic }) => topic)));
    const sources = await inspectSource(source, positions);
    for (const [index, position] of positions.entries()) {
      const registered = genesis.topics.find(({ name }) => name === position.topic);
      const to = registered && targetPartitionOf(registered, position.partition);
      const now = sources[index];
      const end = now === undefined || now instanceof Error ? undefined : now.end;
      rows.push([
        String(shard),
        partitionName(position.topic, position.partition),
        registered === undefined || to === undefined ? '-' : partitionName(registered.target, to),
        String(position.position),
        end === undefined ? '-' : String(end),
        end === undefined ? '-' : String(end > position.position ? end - position.position : 0n),
        stateOf(position),
      ]);
    }
  }
  return aligned(rows);
}

function stateOf({ pause, retired }: PartitionPosition): string {
  if (pause !== null) return `paused: ${pause.kind} [${pause.from}, ${pause.to})`;
  return retired ? 'retired: the topic is gone' : 'copied';
}

function aligned(rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
