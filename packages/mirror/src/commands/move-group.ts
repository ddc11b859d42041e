import {
  committedOffsets,
  groupMembers,
  openTransactionSession,
  partitionName,
  type Cluster,
  type PartitionPlace,
} from '@penstock/kafka';
import type { Side } from '@penstock/ledger';
import { MirrorError } from '../errors.ts';
import type { LinkContext } from '../link/link-context.ts';
import { ledgerTopicOf } from '../names.ts';
import {
  linkedPartitions,
  type NamedLinkedPartition,
  type UnbegunPartition,
} from '../translate/linked-partitions.ts';
import { readNearest } from '../translate/read-nearest.ts';
import { logEnds, translateOffset, type Translated } from '../translate/translate-offset.ts';

/** One position of a group, on both clusters. Offsets are text, because JSON has no 64 bits. */
export interface MovedPosition {
  readonly from: string;
  readonly to: string;
  /** Where the group is. */
  readonly committed: string;
  /** Where it goes on on the other cluster; null: nobody can tell exactly. */
  readonly translated: string | null;
  /** What it has committed there already; null: nothing. */
  readonly there: string | null;
  /** Why it cannot be moved; null: it can. */
  readonly why: string | null;
}

export interface MovedGroup {
  readonly group: string;
  readonly applied: boolean;
  readonly positions: readonly MovedPosition[];
}

export interface MoveOptions {
  readonly group: string;
  /** Where the group comes from: the source, or, when consumers go back, the target. */
  readonly from: Side;
  readonly apply: boolean;
  progress(words: string): void;
}

/**
 * Translates the committed positions of a consumer group to the other cluster, and writes them there when it
 * is told to: all of them in one transaction, or none. The group must have no consumers there: what they
 * commit would overwrite.
 *
 * A death before the commit changes nothing; after it, the group is moved. Run again, it does the same.
 */
export async function moveGroup(link: LinkContext, options: MoveOptions): Promise<MovedGroup> {
  const { group, from, apply, progress } = options;
  const other: Side = from === 'source' ? 'target' : 'source';
  const { begun: linked, unbegun } = await linkedPartitions(link);
  const committed = await positionsOf(link[from], group, linked, from);
  const there = await positionsOf(link[other], group, linked, other);
  const held = linked.filter(({ name }) => committed.has(name));
  const nearest = await readNearest(
    link,
    held.map(({ name, shard }) => ({ name, shard, side: from, offset: committed.get(name)! })),
    progress,
  );
  const positions: MovedPosition[] = [];
  const moves: { place: NamedLinkedPartition['source']; offset: bigint }[] = [];
  for (const [index, partition] of held.entries()) {
    const offset = committed.get(partition.name)!;
    const translated = await translateOffset(partition, from, offset, nearest[index]!);
    const already = there.get(partition.name);
    const why = whyNot(translated, already) ?? (await whyBeyond(translated, partition[other]));
    positions.push({
      from: partitionName(partition[from].topic, partition[from].partition),
      to: partitionName(partition[other].topic, partition[other].partition),
      committed: String(offset),
      translated: translated.kind === 'exact' ? String(translated.offset) : null,
      there: already === undefined ? null : String(already),
      why,
    });
    if (translated.kind === 'exact' && why === null) {
      moves.push({ place: partition[other], offset: translated.offset });
    }
  }
  positions.push(...(await unbegunPositions(link[from], group, unbegun, from)));
  if (positions.length === 0) {
    const where = `${from} of link ${link.identity.link}`;
    throw new MirrorError('REFUSED', `The group ${group} has no position in a topic of the ${where}`);
  }
  if (!apply) return { group, applied: false, positions };
  const refused = positions.filter(({ why }) => why !== null);
  if (refused.length > 0) {
    const reasons = refused.map(({ from: name, why }) => `${name}: ${why}`).join('; ');
    throw new MirrorError('REFUSED', `Nothing is applied, because not every position is exact: ${reasons}`);
  }
  await refuseMembers(link, options);
  await commit(link[other], link.identity.link, group, moves);
  return { group, applied: true, positions };
}

function whyNot(translated: Translated, already: bigint | undefined): string | null {
  if (translated.kind === 'refused') return translated.why;
  if (already === undefined || already <= translated.offset) return null;
  return `the group is further there, at ${already}: delete its offsets there to go back`;
}

/** A reader begins between the two ends of a log, or not at all. */
async function whyBeyond(translated: Translated, place: PartitionPlace): Promise<string | null> {
  if (translated.kind === 'refused') return null;
  const { offset } = translated;
  const { start, end } = await logEnds(place);
  if (offset < start) return `there it is offset ${offset}, and the log begins at ${start} now`;
  return offset > end ? `there it is offset ${offset}, and the log ends at ${end}` : null;
}

/** Where the group is in partitions that cannot be translated yet: left out, they would be moved silently. */
async function unbegunPositions(
  cluster: Cluster,
  groupId: string,
  unbegun: readonly UnbegunPartition[],
  from: Side,
): Promise<MovedPosition[]> {
  const partitions = unbegun.flatMap((each) => each[from] ?? []);
  const found = await committedOffsets(cluster, { groupId, memberId: null, memberEpoch: -1, partitions });
  const nameOf = (place: PartitionPlace | undefined) =>
    place === undefined ? '-' : partitionName(place.topic, place.partition);
  return unbegun.flatMap((each) => {
    const position = found.get(nameOf(each[from]));
    if (!position) return [];
    return {
      from: nameOf(each[from]),
      to: nameOf(each[from === 'source' ? 'target' : 'source']),
      committed: String(position.offset),
      translated: null,
      there: null,
      why: each.target === undefined ? noRoom : notBegun,
    };
  });
}

const notBegun = 'the mirror has not begun to copy it';
const noRoom = 'the link has no target partition for it: run mirror init';

/** By the name of the partition on the source. */
async function positionsOf(
  cluster: Cluster,
  groupId: string,
  linked: readonly NamedLinkedPartition[],
  side: Side,
): Promise<Map<string, bigint>> {
  const partitions = linked.map((each) => ({ topic: each[side].topic, partition: each[side].partition }));
  const found = await committedOffsets(cluster, { groupId, memberId: null, memberEpoch: -1, partitions });
  const offsets = new Map<string, bigint>();
  for (const each of linked) {
    const { topic, partition } = each[side];
    const position = found.get(partitionName(topic, partition));
    if (position) offsets.set(each.name, position.offset);
  }
  return offsets;
}

/**
 * Brokers do not look for members when a transaction writes offsets: so this does. Members where the group
 * comes from are no danger to what is written, and normal where it is only kept ready to move.
 */
async function refuseMembers(link: LinkContext, { group, from, progress }: MoveOptions): Promise<void> {
  await link.withAdmins(async (admins) => {
    for (const side of ['source', 'target'] as const) {
      const classic = await admins[side].classicMembers(group);
      const members = classic + (await groupMembers(link[side], group)).length;
      if (members === 0) continue;
      const who = `the group ${group} has ${members} members on the ${side}`;
      if (side === from) progress(`${who}: what they read from now on is read again after the move`);
      else throw new MirrorError('REFUSED', `${who}: stop these consumers first`);
    }
  });
}

async function commit(
  cluster: Cluster,
  link: string,
  groupId: string,
  moves: readonly { place: NamedLinkedPartition['source']; offset: bigint }[],
): Promise<void> {
  const transactionalId = `${ledgerTopicOf(link)}.offsets`;
  await using session = await openTransactionSession(cluster, { transactionalId });
  session.offsets({
    groupId,
    memberId: '',
    memberEpoch: () => -1,
    positions: moves.map(({ place: { topic, partition }, offset }) => ({
      topic,
      partition,
      offset,
      leaderEpoch: -1,
    })),
  });
  await session.commit();
}
