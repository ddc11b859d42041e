import type { Cluster } from '../cluster/cluster.ts';

/** A partition, and whom to ask about it. */
export interface PartitionPlace {
  readonly cluster: Cluster;
  readonly topic: string;
  readonly partition: number;
}
