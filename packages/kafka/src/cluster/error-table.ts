/** A request as somebody who asks. The same answer may mean different things to them. */
export type Role =
  | 'metadata' // Metadata, ApiVersions, FindCoordinator, and InitProducerId without a transactional id
  | 'produce' // of the idempotent producer
  | 'txn-produce' // the same request, inside a transaction
  | 'txn-offsets' // TxnOffsetCommit
  | 'end-txn' // EndTxn
  | 'init-txn' // InitProducerId with a transactional id
  | 'fetch'
  | 'list-offsets'
  | 'offset-fetch'
  | 'heartbeat' // ConsumerGroupHeartbeat
  | 'describe' // DescribeProducers, DescribeTransactions
  | 'sasl'; // SaslHandshake, SaslAuthenticate

/** What an answer means for whoever asked. */
export type Verdict =
  /** It is done, now or by an earlier copy of the same request. */
  | 'done'
  /** The same request again, after a pause. */
  | 'retry'
  /** The leader or the coordinator is another: learn which, then the same request again. */
  | 'refresh'
  /** The broker expects another sequence: what that means depends on what else is unanswered, see the judges. */
  | 'sequence'
  /** This batch, or this topic, never; others may pass. */
  | 'refuse'
  /** Abort the transaction, read the positions from Kafka, do the work again. */
  | 'abort'
  /** The own epoch is over: ask who has the identity now. */
  | 'fence'
  /** The member's epoch has moved on: the same request with the epoch that the next heartbeat brings. */
  | 'heartbeat'
  /** The position may be gone from the log: find out, and if so stop this partition and name the range. */
  | 'pause'
  /** No retry helps: the process ends and says why. */
  | 'fatal';

export interface ErrorRow {
  /** In every role that `in` does not name. Without it, the code is unexpected there, and so 'fatal'. */
  any?: Verdict;
  in?: Partial<Record<Role, Verdict>>;
  /** Of Produce: the batch may be in some log all the same. */
  mayBeStored?: true;
  /** The reason, and who answers it (KIP, or class of the 4.2.1 broker). */
  why: string;
}

/**
 * Every code that a 4.x broker can answer to a request of ours, and what we do then. What is not here is fatal for the process, with its
 * name and number. Codes that are never answered to us are in never-answered.ts.
 */
export const errorTable: Readonly<Record<string, ErrorRow>> = {
  NONE: { any: 'done', why: 'success' },

  // ---- Nobody answered (our own codes)
  CONNECTION: {
    any: 'refresh',
    mayBeStored: true,
    why: 'no connection, or it broke: the broker is gone or moved',
  },
  TIMEOUT: {
    any: 'refresh',
    mayBeStored: true,
    why: 'no answer within the request timeout: half-open, or it hangs',
  },
  TLS: { any: 'fatal', why: 'one side does not trust the other: certificates have to be mended' },
  MALFORMED_RESPONSE: {
    any: 'fatal', // the sender takes it as TIMEOUT: it must not forget what it has sent
    why: 'the broker answers what is not the answer: something between us damages it, or one of us is wrong',
  },
  CLOSED: {
    any: 'fatal',
    in: { produce: 'refuse', 'txn-produce': 'abort' },
    why: 'this side has closed the connection set; it is said to whoever still waits',
  },

  // ---- The world is on the move: leaders
  NOT_LEADER_OR_FOLLOWER: {
    any: 'refresh',
    mayBeStored: true, // a leader deposed while it waits for its replicas answers so (DelayedProduce), though it has appended
    why: 'the leader moved (ReplicaManager.getPartitionOrError); the answer may name the new one (KIP-951)',
  },
  LEADER_NOT_AVAILABLE: {
    any: 'refresh',
    why: 'no leader right now (MetadataCache; ListOffsets on a new leader)',
  },
  FENCED_LEADER_EPOCH: {
    any: 'refresh',
    why: 'our leader epoch is older than the leader (KIP-320, Partition)',
  },
  UNKNOWN_LEADER_EPOCH: { any: 'refresh', why: 'our leader epoch is newer than this broker knows (KIP-320)' },
  REPLICA_NOT_AVAILABLE: { any: 'refresh', why: 'this broker has no such replica yet (ReplicaManager)' },
  LISTENER_NOT_FOUND: {
    any: 'refresh',
    why: 'the leader has no listener of ours yet: it is just starting (Metadata)',
  },
  KAFKA_STORAGE_ERROR: {
    any: 'refresh',
    mayBeStored: true,
    why: 'the disk of this replica failed: another one becomes the leader (KIP-112)',
  },
  UNKNOWN_TOPIC_OR_PARTITION: {
    any: 'refresh',
    in: { 'txn-offsets': 'retry' },
    mayBeStored: true, // as NOT_LEADER_OR_FOLLOWER, of a replica that was taken away
    why: 'a new topic that this broker has not heard of, or one that is gone: deadlines decide which',
  },
  UNKNOWN_TOPIC_ID: {
    any: 'refresh',
    in: { fetch: 'pause' },
    why: 'as the one above, by topic id; of Fetch perhaps a topic that was made anew (KIP-516)',
  },
  INCONSISTENT_TOPIC_ID: {
    any: 'refresh',
    in: { fetch: 'pause' },
    why: 'the partition belongs to another topic id: made anew (KIP-516, UnifiedLog)',
  },
  OFFSET_NOT_AVAILABLE: { any: 'retry', why: 'a new leader does not know its high watermark yet (KIP-207)' },
  OFFSET_OUT_OF_RANGE: {
    in: { fetch: 'pause' },
    why: 'the position is outside of the log (UnifiedLog.read)',
  },

  // ---- The world is on the move: coordinators
  NOT_COORDINATOR: {
    any: 'refresh',
    why: 'the coordinator moved (TransactionStateManager, GroupCoordinatorService)',
  },
  COORDINATOR_NOT_AVAILABLE: { any: 'refresh', why: 'none yet, or its log takes nothing (same classes)' },
  COORDINATOR_LOAD_IN_PROGRESS: { any: 'retry', why: 'it is reading its log after a move' },
  CONCURRENT_TRANSACTIONS: {
    any: 'retry',
    why:
      'the markers of the transaction before are not all written (TransactionCoordinator); no way round it: a partition ' +
      'that died in between holds the id until it is back',
  },
  UNSTABLE_OFFSET_COMMIT: {
    any: 'retry',
    why: 'an open transaction holds the offset (KIP-447, OffsetMetadataManager)',
  },

  // ---- The broker cannot right now
  REQUEST_TIMED_OUT: {
    any: 'retry',
    mayBeStored: true,
    why: 'appended, and not replicated in time (DelayedProduce)',
  },
  NOT_ENOUGH_REPLICAS: {
    any: 'retry',
    why:
      'too few in-sync replicas, nothing was appended (Partition); in a transaction also: the partition could not be ' +
      'added to it right now (KIP-890, ReplicaManager.handleProduceAppend)',
  },
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: {
    any: 'retry',
    mayBeStored: true,
    why: 'appended, then too few in-sync replicas (Partition.checkEnoughReplicasReachOffset)',
  },
  CORRUPT_MESSAGE: {
    any: 'retry', // Fetch: the same offset again, and after five times the partition is paused (fetcher.ts)
    why: 'damaged on the way: the CRC is checked before the append (LogValidator); of Fetch the log itself',
  },
  UNKNOWN_SERVER_ERROR: {
    any: 'retry',
    mayBeStored: true,
    why: 'the broker tripped over itself; seen of EndTxn while the recovery of a zombie raced with it',
  },
  NETWORK_EXCEPTION: { any: 'retry', why: 'a broker could not reach another (AddPartitionsToTxnManager)' },
  BROKER_NOT_AVAILABLE: { any: 'retry', why: 'the broker is starting or stopping' },
  THROTTLING_QUOTA_EXCEEDED: { any: 'retry', why: 'a quota of the cluster (KIP-599)' },
  FETCH_SESSION_ID_NOT_FOUND: {
    any: 'retry',
    why: 'KIP-227; we hold no sessions, so only by a proxy between',
  },
  INVALID_FETCH_SESSION_EPOCH: { any: 'retry', why: 'as the one above' },
  FETCH_SESSION_TOPIC_ID_ERROR: { any: 'retry', why: 'as the one above' },

  // ---- Sequences and epochs of producers
  DUPLICATE_SEQUENCE_NUMBER: {
    in: { produce: 'done', 'txn-produce': 'done' },
    why: 'an earlier copy is stored (KIP-98)',
  },
  OUT_OF_ORDER_SEQUENCE_NUMBER: {
    in: { produce: 'sequence', 'txn-produce': 'sequence' },
    why: 'not the sequence that comes next (ProducerAppendInfo); the broker remembers 5 batches, after a restart 1',
  },
  UNKNOWN_PRODUCER_ID: {
    in: { produce: 'sequence', 'txn-produce': 'abort' },
    why: 'the producer state is gone with the records that held it (KIP-360; brokers before 2.5)',
  },
  INVALID_PRODUCER_EPOCH: {
    // Without transactions epochs are bumped by ourselves: a late copy of before the bump is refused so.
    in: {
      produce: 'sequence',
      'txn-produce': 'fence',
      'txn-offsets': 'fence',
      'end-txn': 'fence',
      'init-txn': 'fence',
    },
    why: 'a newer epoch was seen (ProducerAppendInfo.checkProducerEpoch): timed out and aborted, or another owner',
  },
  PRODUCER_FENCED: {
    in: { 'txn-produce': 'fence', 'txn-offsets': 'fence', 'end-txn': 'fence', 'init-txn': 'fence' },
    why: 'the same, told by the transaction coordinator (KIP-588)',
  },
  INVALID_PRODUCER_ID_MAPPING: {
    in: { 'txn-produce': 'fence', 'txn-offsets': 'fence', 'end-txn': 'fence', 'init-txn': 'fence' },
    why: 'the coordinator knows the id with another producer id, or forgot it (transactional.id.expiration.ms)',
  },
  TRANSACTION_COORDINATOR_FENCED: {
    in: { 'txn-produce': 'fence', 'txn-offsets': 'fence', 'end-txn': 'fence', 'init-txn': 'fence' },
    why: 'a marker of a newer coordinator was written (ProducerAppendInfo)',
  },

  // ---- Transactions
  INVALID_TXN_STATE: {
    // EndTxn says so of a transaction that had ended without us: by its timeout, as a rule. Asking with the own epoch tells.
    in: { 'txn-produce': 'abort', 'txn-offsets': 'abort', 'end-txn': 'abort', 'init-txn': 'fatal' },
    why: 'there is no such open transaction any more (TransactionCoordinator, UnifiedLog)',
  },
  TRANSACTION_ABORTABLE: {
    in: { 'txn-produce': 'abort', 'txn-offsets': 'abort', 'end-txn': 'abort' },
    why: 'the transaction can only be aborted (KIP-890)',
  },
  INVALID_TRANSACTION_TIMEOUT: {
    in: { 'init-txn': 'fatal' },
    why: 'above the limit transaction.max.timeout.ms',
  },

  // ---- Records that will never be taken
  MESSAGE_TOO_LARGE: {
    in: { produce: 'refuse', 'txn-produce': 'refuse' },
    why: 'above max.message.bytes of the topic (UnifiedLog)',
  },
  RECORD_LIST_TOO_LARGE: {
    in: { produce: 'refuse', 'txn-produce': 'refuse' },
    why: 'above segment.bytes (UnifiedLog)',
  },
  INVALID_RECORD: {
    in: { produce: 'refuse', 'txn-produce': 'refuse' },
    why: 'such as no key in a compacted topic (LogValidator, KIP-467)',
  },
  INVALID_TIMESTAMP: {
    in: { produce: 'refuse', 'txn-produce': 'refuse' },
    why: 'outside message.timestamp.before/after.max.ms (LogValidator)',
  },
  UNSUPPORTED_COMPRESSION_TYPE: {
    in: { produce: 'refuse' },
    why: 'not for this version (ProduceRequest, KIP-110)',
  },
  UNSUPPORTED_FOR_MESSAGE_FORMAT: {
    in: { produce: 'refuse' },
    why: 'the topic is older than message format 2',
  },
  INVALID_TOPIC_EXCEPTION: {
    in: { produce: 'refuse', metadata: 'refuse' },
    why: 'no name for a topic, or an internal one (KafkaApis, ReplicaManager)',
  },

  // ---- Members of groups (KIP-848)
  ILLEGAL_GENERATION: {
    // 4.2.1 says so of a stale member epoch (OffsetMetadataManager.validateTransactionalOffsetCommit), and of a group that is gone.
    in: { 'txn-offsets': 'heartbeat', 'offset-fetch': 'heartbeat' },
    why: 'the member epoch is not the present one, or the group is gone',
  },
  STALE_MEMBER_EPOCH: {
    in: { 'txn-offsets': 'heartbeat', 'offset-fetch': 'heartbeat' },
    why: 'the member epoch is not the present one (ConsumerGroup.validateMemberEpoch)',
  },
  FENCED_MEMBER_EPOCH: {
    in: { heartbeat: 'fence', 'txn-offsets': 'abort', 'offset-fetch': 'abort' },
    why: 'the partitions were given to others (GroupMetadataManager)',
  },
  UNKNOWN_MEMBER_ID: {
    in: { heartbeat: 'fence', 'txn-offsets': 'abort', 'offset-fetch': 'abort' },
    why: 'the session timed out, the partitions were given to others',
  },
  GROUP_ID_NOT_FOUND: {
    in: { heartbeat: 'fence', 'txn-offsets': 'abort', 'offset-fetch': 'abort' },
    why: 'the group is gone with its last member, or is one of the classic kind',
  },
  FENCED_INSTANCE_ID: {
    in: { heartbeat: 'fatal' },
    why: 'another static member took the instance id; we give none',
  },
  UNRELEASED_INSTANCE_ID: { in: { heartbeat: 'fatal' }, why: 'another static member holds the instance id' },
  GROUP_MAX_SIZE_REACHED: { in: { heartbeat: 'fatal' }, why: 'group.consumer.max.size: an operator decides' },
  UNSUPPORTED_ASSIGNOR: {
    in: { heartbeat: 'fatal' },
    why: 'the broker lacks the assignor; we ask for its default',
  },
  INVALID_REGULAR_EXPRESSION: {
    in: { heartbeat: 'fatal' },
    why: 'of a subscription by pattern; we give none',
  },
  INVALID_GROUP_ID: { any: 'fatal', why: 'empty, where a name is needed' },
  OFFSET_METADATA_TOO_LARGE: { in: { 'txn-offsets': 'fatal' }, why: 'above offset.metadata.max.bytes' },
  INVALID_COMMIT_OFFSET_SIZE: {
    in: { 'txn-offsets': 'fatal' },
    why: 'above what a record of the offsets topic holds',
  },

  // ---- Permissions. A Receiver says 503 and lives; a reader or a transaction cannot go on without.
  TOPIC_AUTHORIZATION_FAILED: { any: 'fatal', in: { produce: 'refuse', metadata: 'refuse' }, why: 'an ACL' },
  GROUP_AUTHORIZATION_FAILED: { any: 'fatal', why: 'an ACL' },
  CLUSTER_AUTHORIZATION_FAILED: { any: 'fatal', in: { produce: 'refuse' }, why: 'an ACL (IdempotentWrite)' },
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: { any: 'fatal', why: 'an ACL' },
  TRANSACTIONAL_ID_NOT_FOUND: {
    in: { describe: 'done' },
    why: 'the coordinator has no such id: nothing is open there',
  },
  SASL_AUTHENTICATION_FAILED: { any: 'fatal', why: 'wrong user or password (KIP-152)' },
  UNSUPPORTED_SASL_MECHANISM: {
    in: { sasl: 'fatal' },
    why: 'the listener does not offer it (SaslHandshake)',
  },
  ILLEGAL_SASL_STATE: { any: 'fatal', why: 'SASL on a listener without it, or out of turn (KafkaApis)' },

  // ---- A broken program or a broker of another age
  INVALID_REQUEST: { any: 'fatal', why: 'the broker cannot make sense of the request (KafkaApis)' },
  UNSUPPORTED_VERSION: { any: 'fatal', why: 'the broker does not speak the one version that we do' },
  INVALID_REQUIRED_ACKS: { any: 'fatal', why: 'acks other than -1, 0 and 1; we say -1' },
};
