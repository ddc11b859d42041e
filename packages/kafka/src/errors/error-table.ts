import type { ErrorCode } from './error-codes.ts';

/** Who asks. The same answer may mean different things to different askers. */
export type Role =
  | 'metadata' // Metadata, ApiVersions, FindCoordinator, and InitProducerId without a transactional id
  | 'produce' // the idempotent producer's Produce
  | 'txn-produce' // the same request, inside a transaction
  | 'txn-offsets' // TxnOffsetCommit
  | 'end-txn' // EndTxn
  | 'init-txn' // InitProducerId with a transactional id
  | 'fetch'
  | 'offset-fetch'
  | 'heartbeat' // ConsumerGroupHeartbeat
  | 'describe'; // DescribeProducers, DescribeTransactions, ConsumerGroupDescribe

/** What the one who asked does after an answer. */
export type Decision =
  /** It is done, by this request or by an earlier copy of it. */
  | 'done'
  /** The same request again, after a moment. */
  | 'retry'
  /** The leader or the coordinator has moved: find out where to, then the same request again. */
  | 'refresh'
  /**
   * The broker expects another sequence. What that means depends on what else is unanswered: see
   * decide-produce.ts and decide-transaction.ts.
   */
  | 'sequence'
  /** The broker will never take this batch, or this topic. Others may pass. */
  | 'refuse'
  /** Abort the transaction, read the positions from Kafka, do the work again. */
  | 'abort'
  /** The epoch that we wrote with is over: ask who has the identity now. */
  | 'fence'
  /**
   * The member's epoch has moved on: the same request again, with the epoch that the next heartbeat brings.
   */
  | 'heartbeat'
  /** The position may be gone from the log: find out, and if so report the range that is missing. */
  | 'position'
  /** No retry helps: end the process and say why. */
  | 'fatal';

export interface ErrorRow {
  /** For every role that `in` does not name. Without it the code is unexpected there, and so 'fatal'. */
  any?: Decision;
  in?: Partial<Record<Role, Decision>>;
  /** After Produce: the batch may be in some log all the same. */
  mayBeStored?: true;
  /** When brokers answer it, and where that is written: a KIP, or a class of the 4.2.1 broker. */
  why: string;
}

/**
 * Every code that a 4.x broker can answer to a request of ours, and what we do then. A code that is not here
 * ends the process with its name and number. Codes that no broker ever answers to us are in
 * never-answered.ts.
 */
export const errorTable: Readonly<Partial<Record<ErrorCode, ErrorRow>>> = {
  NONE: { any: 'done', why: 'success' },

  // ---- Nobody answered (our own codes)
  CONNECTION: {
    any: 'refresh',
    mayBeStored: true,
    why: 'no connection, or it broke: the broker is gone or has moved',
  },
  TIMEOUT: {
    any: 'refresh',
    mayBeStored: true,
    why: 'no answer within the request timeout: the connection is half-open, or the broker hangs',
  },
  TLS: { any: 'fatal', why: 'one side does not trust the other: somebody has to mend the certificates' },
  MALFORMED_RESPONSE: {
    any: 'fatal', // the sender treats it as TIMEOUT: it must not forget what it has sent
    why: 'the bytes are no answer to the request: damaged on the way, or one side has a bug',
  },
  CLOSED: {
    any: 'fatal',
    in: { produce: 'refuse', 'txn-produce': 'abort' },
    why: 'this side has closed the connections; everybody who still waits for an answer gets this',
  },

  // ---- Leaders move
  NOT_LEADER_OR_FOLLOWER: {
    any: 'refresh',
    // A leader that loses leadership while it waits for its replicas answers this, though it has appended
    // (DelayedProduce).
    mayBeStored: true,
    why: 'the leader has moved (ReplicaManager.getPartitionOrError); the answer may name it (KIP-951)',
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
    why: 'the leader is just starting and does not offer our listener yet (Metadata)',
  },
  KAFKA_STORAGE_ERROR: {
    any: 'refresh',
    mayBeStored: true,
    why: 'the disk of this replica has failed: another one becomes the leader (KIP-112)',
  },
  UNKNOWN_TOPIC_OR_PARTITION: {
    any: 'refresh',
    in: { 'txn-offsets': 'retry' },
    mayBeStored: true, // as with NOT_LEADER_OR_FOLLOWER, by a replica that was taken away
    why: 'this broker has not heard of the new topic, or the topic is gone: our timeouts tell which',
  },
  UNKNOWN_TOPIC_ID: {
    any: 'refresh',
    in: { fetch: 'position' },
    why: 'as the one above, by topic id; after Fetch, perhaps a topic that was created again (KIP-516)',
  },
  INCONSISTENT_TOPIC_ID: {
    any: 'refresh',
    in: { fetch: 'position' },
    why: 'the partition has another topic id: it was deleted and created again (KIP-516, UnifiedLog)',
  },
  OFFSET_NOT_AVAILABLE: { any: 'retry', why: 'a new leader does not know its high watermark yet (KIP-207)' },
  OFFSET_OUT_OF_RANGE: {
    in: { fetch: 'position' },
    why: 'the position lies outside the log (UnifiedLog.read)',
  },

  // ---- Coordinators move
  NOT_COORDINATOR: {
    any: 'refresh',
    why: 'the coordinator has moved (TransactionStateManager, GroupCoordinatorService)',
  },
  COORDINATOR_NOT_AVAILABLE: {
    any: 'refresh',
    why: 'there is none yet, or its log takes no writes (same classes)',
  },
  COORDINATOR_LOAD_IN_PROGRESS: { any: 'retry', why: 'the coordinator has moved and still reads its log' },
  CONCURRENT_TRANSACTIONS: {
    any: 'retry',
    why:
      'not all markers of the previous transaction are written (TransactionCoordinator). There is no way ' +
      'round: a partition that died before its marker was written blocks the id until it is back',
  },
  UNSTABLE_OFFSET_COMMIT: {
    any: 'retry',
    why: 'an open transaction holds the offset (KIP-447, OffsetMetadataManager)',
  },

  // ---- The broker cannot do it right now
  REQUEST_TIMED_OUT: {
    any: 'retry',
    mayBeStored: true,
    why: 'appended, but not replicated in time (DelayedProduce)',
  },
  NOT_ENOUGH_REPLICAS: {
    any: 'retry',
    why:
      'too few in-sync replicas, nothing was appended (Partition); inside a transaction also: the ' +
      'partition could not be added to it right now (KIP-890, ReplicaManager.handleProduceAppend)',
  },
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: {
    any: 'retry',
    mayBeStored: true,
    why: 'appended, then too few in-sync replicas (Partition.checkEnoughReplicasReachOffset)',
  },
  CORRUPT_MESSAGE: {
    any: 'retry', // Fetch: the same offset again; after five times it is a position problem (fetcher.ts)
    why:
      'Produce: damaged on the way, for the CRC is checked before the append (LogValidator). Fetch: the ' +
      'log is damaged',
  },
  UNKNOWN_SERVER_ERROR: {
    any: 'retry',
    mayBeStored: true,
    why: 'a bug in the broker; seen after EndTxn while the recovery of a zombie raced with it',
  },
  NETWORK_EXCEPTION: { any: 'retry', why: 'a broker could not reach another (AddPartitionsToTxnManager)' },
  BROKER_NOT_AVAILABLE: { any: 'retry', why: 'the broker is starting or stopping' },
  THROTTLING_QUOTA_EXCEEDED: { any: 'retry', why: 'a quota of the cluster (KIP-599)' },
  FETCH_SESSION_ID_NOT_FOUND: {
    any: 'retry',
    why: 'KIP-227; we hold no fetch sessions, so only a proxy can cause it',
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
    why: 'not the next sequence (ProducerAppendInfo); a broker remembers 5 batches, after a restart one',
  },
  UNKNOWN_PRODUCER_ID: {
    in: { produce: 'sequence', 'txn-produce': 'abort' },
    why: 'the producer state is gone together with the records that held it (KIP-360; brokers before 2.5)',
  },
  INVALID_PRODUCER_EPOCH: {
    // Without transactions we raise epochs ourselves. The broker then refuses late copies of the epoch
    // before.
    in: {
      produce: 'sequence',
      'txn-produce': 'fence',
      'txn-offsets': 'fence',
      'end-txn': 'fence',
      'init-txn': 'fence',
    },
    why:
      'there is a newer epoch (ProducerAppendInfo.checkProducerEpoch): our transaction timed out, or ' +
      'there is another owner',
  },
  PRODUCER_FENCED: {
    in: { 'txn-produce': 'fence', 'txn-offsets': 'fence', 'end-txn': 'fence', 'init-txn': 'fence' },
    why: 'the same, answered by the transaction coordinator (KIP-588)',
  },
  INVALID_PRODUCER_ID_MAPPING: {
    in: { 'txn-produce': 'fence', 'txn-offsets': 'fence', 'end-txn': 'fence', 'init-txn': 'fence' },
    why: 'the coordinator has another producer id, or forgot ours (transactional.id.expiration.ms)',
  },
  TRANSACTION_COORDINATOR_FENCED: {
    in: { 'txn-produce': 'fence', 'txn-offsets': 'fence', 'end-txn': 'fence', 'init-txn': 'fence' },
    why: 'a newer coordinator has written a marker (ProducerAppendInfo)',
  },

  // ---- Transactions
  INVALID_TXN_STATE: {
    // After EndTxn: the transaction had ended without us, usually by its timeout. InitProducerId with our
    // epoch tells.
    in: { 'txn-produce': 'abort', 'txn-offsets': 'abort', 'end-txn': 'abort', 'init-txn': 'fatal' },
    why: 'the transaction is not open any more (TransactionCoordinator, UnifiedLog)',
  },
  TRANSACTION_ABORTABLE: {
    in: { 'txn-produce': 'abort', 'txn-offsets': 'abort', 'end-txn': 'abort' },
    why: 'the transaction can only be aborted (KIP-890)',
  },
  INVALID_TRANSACTION_TIMEOUT: {
    in: { 'init-txn': 'fatal' },
    why: 'above transaction.max.timeout.ms',
  },

  // ---- Records that the broker will never take
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
    why: 'the broker does not know the codec in this request version (ProduceRequest, KIP-110)',
  },
  UNSUPPORTED_FOR_MESSAGE_FORMAT: {
    in: { produce: 'refuse' },
    why: 'the topic has a message format older than 2',
  },
  INVALID_TOPIC_EXCEPTION: {
    in: { produce: 'refuse', metadata: 'refuse' },
    why: 'not a valid topic name, or an internal topic (KafkaApis, ReplicaManager)',
  },

  // ---- Members of groups (KIP-848)
  ILLEGAL_GENERATION: {
    // 4.2.1 answers this to a stale member epoch (OffsetMetadataManager.validateTransactionalOffsetCommit).
    in: { 'txn-offsets': 'heartbeat', 'offset-fetch': 'heartbeat' },
    why: 'the member epoch is not the present one, or the group is gone',
  },
  STALE_MEMBER_EPOCH: {
    in: { 'txn-offsets': 'heartbeat', 'offset-fetch': 'heartbeat' },
    why: 'the member epoch is not the present one (ConsumerGroup.validateMemberEpoch)',
  },
  FENCED_MEMBER_EPOCH: {
    in: { heartbeat: 'fence', 'txn-offsets': 'abort', 'offset-fetch': 'abort' },
    why: 'the group has given the partitions to others (GroupMetadataManager)',
  },
  UNKNOWN_MEMBER_ID: {
    in: { heartbeat: 'fence', 'txn-offsets': 'abort', 'offset-fetch': 'abort' },
    why: 'the session timed out, and the group has given the partitions to others',
  },
  GROUP_ID_NOT_FOUND: {
    in: { heartbeat: 'fence', 'txn-offsets': 'abort', 'offset-fetch': 'abort' },
    why: 'the group is gone together with its last member, or it is a classic group',
  },
  FENCED_INSTANCE_ID: {
    in: { heartbeat: 'fatal' },
    why: 'another static member took the instance id; we use none',
  },
  UNRELEASED_INSTANCE_ID: { in: { heartbeat: 'fatal' }, why: 'another static member holds the instance id' },
  GROUP_MAX_SIZE_REACHED: {
    in: { heartbeat: 'fatal' },
    why: 'above group.consumer.max.size: an operator decides',
  },
  UNSUPPORTED_ASSIGNOR: {
    in: { heartbeat: 'fatal' },
    why: 'the broker lacks the assignor; we ask for its default',
  },
  INVALID_REGULAR_EXPRESSION: {
    in: { heartbeat: 'fatal' },
    why: 'in a subscription by pattern; we use none',
  },
  INVALID_GROUP_ID: { any: 'fatal', why: 'the group id is empty' },
  OFFSET_METADATA_TOO_LARGE: { in: { 'txn-offsets': 'fatal' }, why: 'above offset.metadata.max.bytes' },
  INVALID_COMMIT_OFFSET_SIZE: {
    in: { 'txn-offsets': 'fatal' },
    why: 'larger than a record of the offsets topic may be',
  },

  // ---- Permissions. A Receiver answers 503 and lives on; a reader or a transaction cannot go on.
  TOPIC_AUTHORIZATION_FAILED: { any: 'fatal', in: { produce: 'refuse', metadata: 'refuse' }, why: 'an ACL' },
  GROUP_AUTHORIZATION_FAILED: { any: 'fatal', why: 'an ACL' },
  CLUSTER_AUTHORIZATION_FAILED: { any: 'fatal', in: { produce: 'refuse' }, why: 'an ACL (IdempotentWrite)' },
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: { any: 'fatal', why: 'an ACL' },
  TRANSACTIONAL_ID_NOT_FOUND: {
    in: { describe: 'done' },
    why: 'the coordinator does not know the id, so nothing is open there',
  },
  SASL_AUTHENTICATION_FAILED: { any: 'fatal', why: 'wrong user or password (KIP-152)' },
  UNSUPPORTED_SASL_MECHANISM: {
    any: 'fatal',
    why: 'the listener does not offer it (SaslHandshake)',
  },
  ILLEGAL_SASL_STATE: {
    any: 'fatal',
    why: 'SASL on a listener without SASL, or a SASL request out of turn (KafkaApis)',
  },

  // ---- A bug, or a broker that is too old or too new
  INVALID_REQUEST: { any: 'fatal', why: 'the broker does not understand the request (KafkaApis)' },
  UNSUPPORTED_VERSION: { any: 'fatal', why: 'the broker does not speak the request version that we use' },
  INVALID_REQUIRED_ACKS: { any: 'fatal', why: 'acks other than -1, 0 and 1; we send -1' },
};
