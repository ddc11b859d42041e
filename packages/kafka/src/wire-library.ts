import type * as Library from '@platformatic/kafka';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/**
 * What is used of the wire library, by its files. Its index would also load all versions of all requests, a
 * consumer, a producer, Avro and JSON schemas: 0.9 s of CPU at each start of a service on a busy 2-core
 * machine, where these files took 0.2 s. An import statement gets only the index, by the library's
 * `exports`. Its version is pinned: with another layout, nothing here would load.
 */
const require = createRequire(import.meta.url);
const dist = dirname(require.resolve('@platformatic/kafka'));

type Exports = typeof Library;

const { Writer } = load<Pick<Exports, 'Writer'>>('protocol/writer.js');
type Writer = Library.Writer;
export { Writer };
export const { compressionsAlgorithms } =
  load<Pick<Exports, 'compressionsAlgorithms'>>('protocol/compression.js');

export const describeConfigsV4 = load<Exports['describeConfigsV4']>('apis/admin/describe-configs-v4.js');
export const consumerGroupDescribeV0 = load<Exports['consumerGroupDescribeV0']>(
  'apis/admin/consumer-group-describe-v0.js',
);
export const listOffsetsV9 = load<Exports['listOffsetsV9']>('apis/consumer/list-offsets-v9.js');
export const offsetFetchV9 = load<Exports['offsetFetchV9']>('apis/consumer/offset-fetch-v9.js');
export const apiVersionsV4 = load<Exports['apiVersionsV4']>('apis/metadata/api-versions-v4.js');
export const findCoordinatorV6 = load<Exports['findCoordinatorV6']>('apis/metadata/find-coordinator-v6.js');
export const metadataV12 = load<Exports['metadataV12']>('apis/metadata/metadata-v12.js');
export const initProducerIdV5 = load<Exports['initProducerIdV5']>('apis/producer/init-producer-id-v5.js');
export const txnOffsetCommitV4 = load<Exports['txnOffsetCommitV4']>('apis/producer/txn-offset-commit-v4.js');
export const saslAuthenticateV2 = load<Exports['saslAuthenticateV2']>(
  'apis/security/sasl-authenticate-v2.js',
);
export const saslHandshakeV1 = load<Exports['saslHandshakeV1']>('apis/security/sasl-handshake-v1.js');

function load<Module>(file: string): Module {
  return require(join(dist, file)) as Module;
}
