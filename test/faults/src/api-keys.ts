/** Kafka's request kinds that tests aim at; https://kafka.apache.org/protocol#protocol_api_keys */
export const apiKeys = {
  produce: 0,
  fetch: 1,
  listOffsets: 2,
  metadata: 3,
  offsetCommit: 8,
  offsetFetch: 9,
  findCoordinator: 10,
  heartbeat: 12,
  apiVersions: 18,
  initProducerId: 22,
  addPartitionsToTxn: 24,
  endTxn: 26,
  txnOffsetCommit: 28,
  listTransactions: 66,
  consumerGroupHeartbeat: 68,
} as const;
