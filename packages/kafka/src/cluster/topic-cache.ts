/** The leader of a partition. -1: there is none right now. */
export interface Partition {
  leader: number;
  leaderEpoch: number;
  /** How many replicas are in sync, when the metadata was read. */
  inSync?: number;
}

/** A topic as the metadata last told it. This is a hint: any broker may correct it. */
export interface Topic {
  name: string;
  /** Topic id (KIP-516), a UUID with hyphens. A topic that was deleted and created again has another one. */
  id: string;
  /** By partition number. */
  partitions: Partition[];
}

/** The last metadata of each topic. It never goes back to an older leader epoch of the same topic. */
export class TopicCache {
  readonly #byName = new Map<string, Topic>();
  readonly #byId = new Map<string, Topic>();

  get(name: string): Topic | undefined {
    return this.#byName.get(name);
  }

  getById(id: string): Topic | undefined {
    return this.#byId.get(id);
  }

  put(fresh: Topic): void {
    const known = this.#byName.get(fresh.name);
    if (known && known.id !== fresh.id) this.#byId.delete(known.id);
    if (known?.id === fresh.id) {
      fresh.partitions = fresh.partitions.map((partition, index) => {
        const before = known.partitions[index];
        return before && before.leaderEpoch > partition.leaderEpoch ? before : partition;
      });
    }
    this.#byName.set(fresh.name, fresh);
    this.#byId.set(fresh.id, fresh);
  }

  forget(name: string): void {
    const known = this.#byName.get(name);
    if (!known) return;
    this.#byName.delete(name);
    this.#byId.delete(known.id);
  }

  /** A broker named the new leader in its refusal (KIP-951), which saves a request for metadata. */
  hint(name: string, partition: number, leader: number, leaderEpoch: number): boolean {
    const known = this.#byName.get(name)?.partitions[partition];
    if (!known || leader < 0 || leaderEpoch <= known.leaderEpoch) return false;
    known.leader = leader;
    known.leaderEpoch = leaderEpoch;
    return true;
  }
}
