export type MirrorErrorCode =
  /** Source and target are the same cluster: the copies would be copied. */
  | 'SAME_CLUSTER'
  /** The link has no ledger yet, or its ledger topic is not what init made. */
  | 'NO_LEDGER'
  /** Target topics are not as the copies need them. The message has every difference. */
  | 'TARGET_TOPICS'
  /** The copies of this link would come back to its source by way of other links. */
  | 'CIRCLE'
  /** A topic cannot be registered. */
  | 'TARGET_RANGES'
  /** Another process with this identity takes the shards away again and again. */
  | 'IDENTITY_SHARED'
  /** The group on the target no longer takes this member. */
  | 'GROUP'
  /** A command was asked for something that it cannot do. */
  | 'REFUSED';

/** Something that only an operator can mend. It is never retryable and ends the process or the command. */
export class MirrorError extends Error {
  override readonly name = 'MirrorError';
  readonly code: MirrorErrorCode;
  readonly retryable = false;

  constructor(code: MirrorErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
