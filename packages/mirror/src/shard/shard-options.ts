import type { Log } from '@penstock/kafka';
import type { MirrorConfig } from '../config.ts';
import type { Bandwidth } from '../copy/bandwidth.ts';
import type { LinkContext } from '../link/link-context.ts';
import type { TopicStates } from '../link/topic-states.ts';
import type { MirrorMetrics } from '../metrics.ts';

/** What a shard's owner works with. */
export interface ShardOptions {
  readonly link: LinkContext;
  readonly shard: number;
  readonly config: Pick<
    MirrorConfig,
    | 'commitBytes'
    | 'commitIntervalMs'
    | 'discoveryIntervalMs'
    | 'lagCommitIntervalMs'
    | 'oversize'
    | 'prefetchBytes'
    | 'transactionTimeoutMs'
  >;
  readonly topicStates: TopicStates;
  /** Of the whole process. */
  readonly bandwidth: Bandwidth;
  readonly metrics: MirrorMetrics;
  readonly log: Log;
  /**
   * Whether the group still gives the shard to this process, by a heartbeat that is answered after the call.
   */
  stillAssigned(): Promise<boolean>;
  /** Ends the process: something that only an operator can mend. */
  fail(error: unknown): void;
}
