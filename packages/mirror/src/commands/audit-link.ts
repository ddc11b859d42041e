import { UsageError } from '@penstock/service';
import { MirrorError } from '../errors.ts';
import type { LinkContext } from '../link/link-context.ts';
import { auditPartition, comparableFrom, type Audited } from '../translate/audit-partition.ts';
import { linkedPartitions } from '../translate/linked-partitions.ts';
import { readNearest } from '../translate/read-nearest.ts';
import { logEnds } from '../translate/translate-offset.ts';

export interface AuditOptions {
  /** Undefined: all partitions of the link. */
  readonly partition: string | undefined;
  /** The first source offset; undefined: the first one that both sides still have. */
  readonly from: bigint | undefined;
  /** One past the last; undefined: where the link is. */
  readonly to: bigint | undefined;
  progress(words: string): void;
}

/**
 * Compares what the link has copied with its source, record by record, one partition after the other. The
 * mirror may run meanwhile. Throws MirrorError, LedgerError and KafkaError.
 */
export async function auditLink(link: LinkContext, options: AuditOptions): Promise<Audited[]> {
  const { partition, from, to, progress } = options;
  if (partition === undefined && (from !== undefined || to !== undefined)) {
    throw new UsageError('--from and --to need --partition TOPIC-N: each partition has offsets of its own');
  }
  const { begun: all } = await linkedPartitions(link);
  const chosen = partition === undefined ? all : all.filter(({ name }) => name === partition);
  if (chosen.length === 0) {
    const what = partition === undefined ? 'no partition' : `no partition ${partition}`;
    throw new MirrorError('REFUSED', `The ledger of link ${link.identity.link} has ${what}`);
  }
  const starts = await Promise.all(
    chosen.map(async ({ source, target, lost }) => ({
      source: lost === null ? (await logEnds(source)).start : 0n,
      target: lost === null ? (await logEnds(target)).start : 0n,
    })),
  );
  const ends = chosen.map(({ position }) => (to === undefined || to > position ? position : to));
  const ask = chosen.flatMap(({ name, shard }, index) => [
    { name, shard, side: 'source' as const, offset: starts[index]!.source },
    { name, shard, side: 'target' as const, offset: starts[index]!.target },
    { name, shard, side: 'source' as const, offset: ends[index]! },
  ]);
  const nearest = await readNearest(link, ask, progress);
  const begins = await Promise.all(
    chosen.map((each, index) => {
      const [source, target] = nearest.slice(3 * index);
      return from === undefined && each.lost === null
        ? comparableFrom(each, { source: source!, target: target! })
        : Promise.resolve(from ?? null);
    }),
  );
  const firstRuns = await readNearest(
    link,
    chosen.map(({ name, shard }, index) => ({ name, shard, side: 'source', offset: begins[index] ?? 0n })),
    progress,
  );
  const audited: Audited[] = [];
  for (const [index, each] of chosen.entries()) {
    const range = { from: begins[index]!, to: ends[index]! };
    if (each.lost === null) progress(`comparing ${each.name} [${range.from}, ${range.to})`);
    const told = (records: number) => progress(`${each.name}: ${records} records compared`);
    audited.push(await auditPartition(each, range, [firstRuns[index]!, nearest[3 * index + 2]!], told));
  }
  return audited;
}

/** 1: something differs; 2: nobody can tell of some partition; 0: all is equal. */
export function auditExitCode(audited: readonly Audited[]): 0 | 1 | 2 {
  if (audited.some(({ verdict }) => verdict === 'different')) return 1;
  return audited.some(({ verdict }) => verdict === 'unknown') ? 2 : 0;
}
