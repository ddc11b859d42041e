import type { Log } from '@penstock/kafka';
import type { MirrorConfig } from '../config.ts';
import type { LinkContext } from '../link/link-context.ts';
import type { MirrorMetrics } from '../metrics.ts';
import type { CopyLimits } from '../copy/plan-copy.ts';

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
    | 'prefetchBytes'
    | 'transactionTimeoutMs'
  >;
  readonly metrics: MirrorMetrics;
  readonly log: Log;
  /** Reads again what target topics take; throws MirrorError TARGET_TOPICS. */
  limitsOf(targetTopic: string): CopyLimits;
  /** Whether the group still gives the shard to this process, by a heartbeat that is answered after the call. */
  stillAssigned(): Promise<boolean>;
  /** Ends the process: something that only an operator can mend. */
  fail(error: unknown): void;
}
