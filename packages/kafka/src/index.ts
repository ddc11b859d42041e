export * from './bytes/batch-header.ts';
export type { Codec } from './bytes/codec.ts';
export { codecs } from './bytes/codec.ts';
export { encodeBatch, recordBytesMax } from './bytes/encode-batch.ts';
export type { EncodedBatch, Header, OutgoingRecord } from './bytes/encode-batch.ts';
export { murmur2, partitionFor } from './bytes/murmur2.ts';
export { restamp } from './bytes/restamp.ts';
export { Cluster, openCluster } from './cluster/cluster.ts';
export type { ClusterOptions, Log } from './cluster/cluster.ts';
export { errorName, isRetryable, KafkaError } from './cluster/errors.ts';
export type { ErrorCode } from './cluster/errors.ts';
export { Link } from './cluster/link.ts';
export { retrying } from './cluster/retrying.ts';
export type { Partition, Topic } from './cluster/topics.ts';
export { BatchProducer, startBatchProducer } from './produce/batch-producer.ts';
export type { BatchProducerOptions, Settlement } from './produce/producer-options.ts';
export { TransactionError } from './transaction/errors.ts';
export type { Poison, TransactionOutcome } from './transaction/errors.ts';
export { FencedRepeatedly } from './transaction/fenced-repeatedly.ts';
export type { Fencing } from './transaction/fenced-repeatedly.ts';
export { openTxnSession } from './transaction/open-txn-session.ts';
export { TxnSession } from './transaction/txn-session.ts';
export type { TxnSessionOptions, WrittenBatch } from './transaction/txn-session.ts';
export type { TransactionOffsets } from './transaction/transaction-offsets.ts';
export { Admin, openAdmin } from './admin/admin.ts';
export type { TopicSettings } from './admin/admin.ts';
export {
  cleanTopicNeeds,
  filterTopicNeeds,
  rawMessageBytes,
  rawTopicNeeds,
  rejectedMessageBytes,
} from './admin/pipeline-topics.ts';
export type { FilterSizes, ReceiverSizes } from './admin/pipeline-topics.ts';
export { topicProblems } from './admin/topic-problems.ts';
export type { TopicNeeds } from './admin/topic-problems.ts';
export { compress, compressAside, decompress } from './bytes/codec.ts';
export { CorruptBatchError } from './bytes/corrupt-batch.ts';
export { readRecords, RecordReader, RecordView } from './bytes/record-reader.ts';
export type { ReadableBatch } from './bytes/record-reader.ts';
export { Fetcher, startFetcher } from './fetch/fetcher.ts';
export type { FetcherOptions, NextOptions, PartitionMarks } from './fetch/fetcher-options.ts';
export type { Fetched, PositionProblem } from './fetch/fetched.ts';
export type { FetchPosition } from './fetch/partition-cursor.ts';
export type { FetchedBatch } from './fetch/visible-batches.ts';
export { GroupMember, joinGroup } from './group/group-member.ts';
export type { GroupOptions } from './group/group-member.ts';
export { memberIdOf } from './group/member-id.ts';
export { committedOffsets } from './positions/committed-offsets.ts';
export type { CommittedOffset, CommittedOffsetsOptions } from './positions/committed-offsets.ts';
export { listOffsets } from './positions/list-offsets.ts';
export type { Isolation, ListedAt, ListedOffset } from './positions/list-offsets.ts';
export { PositionError, readRange } from './positions/read-range.ts';
export { readTopic } from './positions/read-topic.ts';
export { partitionKey } from './positions/topic-partition.ts';
export type { TopicPartition } from './positions/topic-partition.ts';
export { attributesAt, lastOffsetDeltaAt, logAppendTimeBit } from './bytes/batch-header.ts';
export { stuckTransactions } from './admin/stuck-transactions.ts';
export type { OpenTransaction, StuckTransaction } from './admin/stuck-transactions.ts';
export { StuckLsoWatch, watchStuckLso } from './admin/stuck-lso-watch.ts';
export type { StableMark } from './admin/stuck-lso-watch.ts';
export { writeMarker } from './admin/write-marker.ts';
export { groupMembers } from './admin/group-members.ts';
export type { DescribedMember } from './admin/group-members.ts';
export { describeTopics } from './admin/describe-topics.ts';
export type { DescribedTopic, TopicConfigs } from './admin/describe-topics.ts';
