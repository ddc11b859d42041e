import { readRange, type Cluster, type PartitionPlace, type RecordView } from '@penstock/kafka';
import { decidedEnd, offsetOf, type LedgerEnd, type LedgerWaits } from './decided-end.ts';
import { whoHides } from './who-hides.ts';
import type { Genesis } from '../genesis.ts';
import { LedgerError } from '../ledger-error.ts';
import { readLedgerRecord } from '../ledger-record.ts';
import type { PartitionPosition, Positions } from '../positions.ts';

/** What one partition of a ledger says. */
export interface LedgerState {
  readonly genesis: Genesis;
  readonly genesisOffset: bigint;
  /** Empty until the first commit. */
  readonly positions: readonly PartitionPosition[];
  /** Where the ledger partition ended for a read_committed reader. */
  readonly end: bigint;
  /** Offsets of the operators' answers near the end. Whoever wrote one has taken the shard over for it. */
  readonly answers: readonly bigint[];
}

/** What can be seen of a ledger partition, and whether that is all. */
export interface LedgerLook extends LedgerState {
  /** Whether newer positions, or a newer genesis, may be hidden. */
  readonly undecided: boolean;
  /** For the operator: whose transaction hides them, and what to do. It asks every broker. */
  whoHides(): Promise<string>;
}

/**
 * Reads a shard's positions from the end of its ledger partition. One record holds all of them, so little is
 * read. The distance read grows until a committed record is found: aborted ones and markers may follow it.
 *
 * Final only for the owner of the shard, after InitProducerId: no commit of an earlier owner can arrive
 * then. Throws LedgerError NO_GENESIS when the partition was never initialised, or was lost; and UNDECIDED
 * when somebody's open transaction still hides after `patienceMs` what may be committed.
 */
export async function readLedger(
  cluster: Cluster,
  topic: string,
  shard: number,
  options: LedgerWaits = {},
): Promise<LedgerState> {
  const { undecided, whoHides: _, ...state } = await lookAtLedger(cluster, topic, shard, options);
  if (undecided) throw await whoHides({ cluster, topic, partition: shard }, state.end, options);
  return state;
}

/**
 * The same for readers that are content with what lies before an open transaction: those that show it, and
 * say so, and those that need the genesis only. Nobody may copy by it. Throws UNDECIDED only where the
 * genesis is hidden too.
 */
export async function lookAtLedger(
  cluster: Cluster,
  topic: string,
  shard: number,
  options: LedgerWaits = {},
): Promise<LedgerLook> {
  const place = { cluster, topic, partition: shard };
  const start = await offsetOf(place, 'earliest', 'read_committed', options);
  const ends = await decidedEnd(place, options);
  const { end, undecided } = ends;
  const hidden = { ...ends, whoHides: async () => (await whoHides(place, end, options)).message };
  for (let back = 64n; ; back *= 8n) {
    const from = end - back > start ? end - back : start;
    const tail = await readTail(place, from, end, options);
    const { answers } = tail;
    if (tail.positions !== undefined)
      return { ...(await withGenesis(place, tail, tail.positions, options)), ...hidden, answers };
    if (from > start) continue;
    if (tail.genesis === undefined) {
      throw undecided ? await whoHides(place, end, options) : noGenesis(topic, shard);
    }
    const { genesis, genesisOffset } = tail;
    return { genesis, genesisOffset, positions: [], ...hidden, answers };
  }
}

/** Where a ledger partition ends for a read_committed reader: it moves with every commit of the shard. */
export function ledgerEnd(
  cluster: Cluster,
  topic: string,
  shard: number,
  options: Waits = {},
): Promise<bigint> {
  return offsetOf({ cluster, topic, partition: shard }, 'latest', 'read_committed', options);
}

type Waits = Pick<LedgerWaits, 'signal'>;

interface Tail {
  genesis: Genesis | undefined;
  genesisOffset: bigint;
  positions: Positions | undefined;
  answers: bigint[];
}

/**
 * The genesis in force is the newest one. It lies after the last positions, or where they say. It cannot
 * lie in between: whoever writes a genesis takes the shard over, so every later commit is by an owner that
 * has read it.
 */
async function withGenesis(
  place: PartitionPlace,
  tail: Tail,
  positions: Positions,
  options: Waits,
): Promise<Omit<LedgerState, 'answers' | keyof LedgerEnd>> {
  const { partitions } = positions;
  if (tail.genesis !== undefined && tail.genesisOffset >= positions.genesisOffset) {
    return { genesis: tail.genesis, genesisOffset: tail.genesisOffset, positions: partitions };
  }
  const at = positions.genesisOffset;
  const { genesis } = await readTail(place, at, at + 1n, options);
  if (genesis === undefined) throw noGenesis(place.topic, place.partition);
  return { genesis, genesisOffset: at, positions: partitions };
}

async function readTail(place: PartitionPlace, from: bigint, to: bigint, { signal }: Waits): Promise<Tail> {
  const tail: Tail = { genesis: undefined, genesisOffset: -1n, positions: undefined, answers: [] };
  if (from >= to) return tail;
  const visit = (read: RecordView): void => {
    if (read.offset >= to) return;
    const record = readLedgerRecord(place.partition, read.key, read.value);
    if (record.kind === 'positions') tail.positions = record.positions;
    if (record.kind === 'answer') tail.answers.push(read.offset);
    if (record.kind !== 'genesis') return;
    tail.genesis = record.genesis;
    tail.genesisOffset = read.offset;
  };
  const range = { from, to, isolation: 'read_committed' } as const;
  await readRange(place, range, visit, signal ? { signal } : {});
  return tail;
}

function noGenesis(topic: string, shard: number): LedgerError {
  return new LedgerError(
    'NO_GENESIS',
    `The ledger ${topic} has no genesis in partition ${shard}. For a new link, run "mirror init". If this ` +
      'link has run before, its ledger is lost, and a new beginning would copy everything again',
  );
}
