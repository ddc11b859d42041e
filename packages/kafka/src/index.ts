// Only what other workspaces import. The tests of this package import its files.

export { Cluster, openCluster } from './cluster/cluster.ts';
export type { ClusterOptions, Log } from './cluster/cluster.ts';
export { isSamePartition, partitionName } from './topic-partition.ts';
export type { TopicPartition } from './topic-partition.ts';
export { KafkaError } from './errors/errors.ts';
export { retrying } from './errors/retrying.ts';

export { BatchProducer, startBatchProducer } from './produce/batch-producer.ts';
export type { Settlement } from './produce/producer-options.ts';

export { TransactionError } from './transaction/errors.ts';
export type { Poison } from './transaction/errors.ts';
export { FencedRepeatedly } from './transaction/fenced-repeatedly.ts';
export { restMs, type HeldUp } from './transaction/rest-ms.ts';
export { openTransactionSession } from './transaction/open-transaction-session.ts';
export { TransactionSession } from './transaction/transaction-session.ts';

export type { Fetched, PositionProblem } from './fetch/fetched.ts';
export { Fetcher, startFetcher } from './fetch/fetcher.ts';
export type { PartitionMarks } from './fetch/fetcher-options.ts';
export { PositionError, readRange } from './fetch/read-range.ts';
export { readTopic } from './fetch/read-topic.ts';
export type { FetchedBatch } from './fetch/visible-batches.ts';

export { committedOffsets } from './positions/committed-offsets.ts';
export type { CommittedOffset } from './positions/committed-offsets.ts';
export { listOffsets } from './positions/list-offsets.ts';
export type { Isolation } from './positions/list-offsets.ts';
export type { PartitionPlace } from './positions/partition-place.ts';

export { GroupMember, joinGroup } from './group/group-member.ts';
export { memberIdOf } from './group/member-id.ts';

export {
  attributesAt,
  baseTimestampAt,
  lastOffsetDeltaAt,
  logAppendTimeBit,
  maxTimestampAt,
} from './bytes/batch-header.ts';
export { codecOf } from './bytes/codec-of.ts';
export { encodeBatch, recordBytesMax } from './bytes/encode-batch.ts';
export type { EncodableRecord, Header, OutgoingRecord } from './bytes/encode-batch.ts';
export { partitionFor } from './bytes/murmur2.ts';
export { readRecords, RecordView } from './bytes/record-reader.ts';
export { codecs } from './compression/codec.ts';
export type { Codec } from './compression/codec.ts';
export { CorruptBatchError } from './compression/corrupt-batch.ts';

export { Admin, openAdmin } from './admin/admin.ts';
export type { TopicSettings } from './admin/admin.ts';
export {
  cleanTopicNeeds,
  filterTopicNeeds,
  rawMessageBytesMin,
  rawTopicNeeds,
  rejectedMessageBytesMin,
} from './admin/pipeline-topics.ts';
export type { FilterSizes, ReceiverSizes } from './admin/pipeline-topics.ts';
export { watchStuckLso } from './admin/stuck-lso-watch.ts';
export type { StableMark } from './admin/stuck-lso-watch.ts';
export { namedTransactions } from './admin/open-transactions.ts';
export { stuckTransactions } from './admin/stuck-transactions.ts';
export type { StuckTransaction } from './admin/stuck-transactions.ts';
export { noSuchTopic, topicProblems } from './admin/topic-problems.ts';
export type { TopicNeeds } from './admin/topic-problems.ts';
export { writeMarker } from './admin/write-marker.ts';
export { groupMembers } from './admin/group-members.ts';
export type { DescribedMember } from './admin/group-members.ts';
export { topicNames } from './admin/topic-names.ts';
export { describeTopics } from './admin/describe-topics.ts';
export type { DescribedTopic, TopicConfigs } from './admin/describe-topics.ts';
