import { joinGroup, memberIdOf, type GroupMember, type TopicPartition } from '@penstock/kafka';
import { groupOf } from '../names.ts';
import type { ShardOptions } from './shard-options.ts';
import { startShard, type Shard } from './shard.ts';

type ForAllShards = Omit<ShardOptions, 'shard' | 'stillAssigned'>;

/**
 * Joins the group of the link. From then on, the shards that the group assigns to this process are copied.
 */
export async function joinLink(
  options: ForAllShards & { readonly instance: string },
  signal: AbortSignal,
): Promise<OwnedShards> {
  const { link, instance } = options;
  const shards = new OwnedShards(options);
  const groupId = groupOf(link.identity.link);
  const indexes = (partitions: TopicPartition[]) => partitions.map(({ partition }) => partition);
  shards.member = await joinGroup(link.target, {
    groupId,
    memberId: memberIdOf(`${groupId}.${instance}`),
    topics: [link.identity.ledgerTopic],
    signal,
    onAssigned: (partitions) => shards.start(indexes(partitions)),
    onRevoked: (partitions) => shards.stop(indexes(partitions)),
    onLost: (partitions) => shards.drop(indexes(partitions)),
  });
  return shards;
}

/** The shards that the group has assigned to this process. */
export class OwnedShards {
  /** Undefined until the group has answered; shards may be assigned before. */
  member: GroupMember | undefined;
  readonly #options: ForAllShards;
  readonly #owned = new Map<number, Shard>();

  constructor(options: ForAllShards) {
    this.#options = options;
  }

  get all(): readonly Shard[] {
    return [...this.#owned.values()];
  }

  start(indexes: readonly number[]): void {
    for (const shard of indexes) {
      const stillAssigned = () => this.#stillAssigned(shard);
      this.#owned.set(shard, startShard({ ...this.#options, shard, stillAssigned }));
    }
  }

  /** Settles when what was open is committed. */
  stop(indexes: readonly number[]): Promise<void> {
    return this.#end(indexes, (shard) => shard.stop());
  }

  drop(indexes: readonly number[]): Promise<void> {
    return this.#end(indexes, (shard) => shard.drop());
  }

  async stopAll(): Promise<void> {
    await this.stop([...this.#owned.keys()]);
    await this.member?.leave();
  }

  async dropAll(): Promise<void> {
    await this.drop([...this.#owned.keys()]);
    await this.member?.leave();
  }

  async #end(indexes: readonly number[], end: (shard: Shard) => Promise<void>): Promise<void> {
    await Promise.all(
      indexes.map(async (index) => {
        const shard = this.#owned.get(index);
        if (shard === undefined) return;
        await end(shard);
        if (this.#owned.get(index) === shard) this.#owned.delete(index);
      }),
    );
  }

  async #stillAssigned(shard: number): Promise<boolean> {
    const { member } = this;
    if (member === undefined) return false;
    await member.heartbeatNow();
    return member.assignment.some(({ partition }) => partition === shard);
  }
}
