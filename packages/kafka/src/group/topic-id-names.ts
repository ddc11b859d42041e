import type { Cluster } from '../cluster/cluster.ts';
import type { TopicPartition } from '../topic-partition.ts';
import type { AssignedTopic } from '../requests/consumer-group-heartbeat.ts';
import type { AssignedPartition } from './membership.ts';

/** Translates between the topic ids of the group protocol and the names that its users know. */
export class TopicIdNames {
  readonly #cluster: Cluster;
  readonly #topics: readonly string[];
  /** An id stays here when its topic is gone: a partition that is revoked must still have a name. */
  readonly #nameOf = new Map<string, string>();

  constructor(cluster: Cluster, topics: readonly string[]) {
    this.#cluster = cluster;
    this.#topics = topics;
  }

  /**
   * The partitions of an assignment whose topics have a known name. Perhaps only the coordinator knows a
   * topic that was just created; the next answer brings it again.
   */
  async known(assignment: readonly AssignedTopic[]): Promise<AssignedPartition[]> {
    if (!assignment.every(({ topicId }) => this.#learn(topicId))) {
      await this.#cluster.refresh(...this.#topics);
    }
    return assignment
      .filter(({ topicId }) => this.#learn(topicId))
      .flatMap(({ topicId, partitions }) => partitions.map((partition) => `${topicId}:${partition}`));
  }

  resolve(partitions: readonly AssignedPartition[]): TopicPartition[] {
    return partitions.map((assigned) => {
      const [topicId = '', partition] = assigned.split(':');
      return { topic: this.#nameOf.get(topicId) ?? topicId, partition: Number(partition) };
    });
  }

  byTopic(partitions: ReadonlySet<AssignedPartition>): AssignedTopic[] {
    const byId = Map.groupBy(partitions, (assigned) => assigned.split(':')[0]!);
    return [...byId].map(([topicId, some]) => ({
      topicId,
      partitions: some.map((assigned) => Number(assigned.split(':')[1])),
    }));
  }

  #learn(topicId: string): boolean {
    if (this.#nameOf.has(topicId)) return true;
    const name = this.#cluster.topicById(topicId)?.name;
    if (name !== undefined) this.#nameOf.set(topicId, name);
    return name !== undefined;
  }
}
