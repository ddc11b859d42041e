import { alterPartitionReassignmentsV0, Writer } from '@platformatic/kafka';
import { errorName } from '../src/errors/errors.ts';
import type { Cluster } from '../src/index.ts';
import { defineRequest } from '../src/requests/define.ts';

const reassignRequest = defineRequest(45, 0, alterPartitionReassignmentsV0.createRequest, (reader) => {
  reader.readInt32(); // throttle time
  const errorCode = reader.readInt16();
  reader.readNullableString();
  const responses = reader.readArray(() => {
    reader.readString();
    const partitions = reader.readArray(() => {
      reader.readInt32();
      const answer = { errorCode: reader.readInt16() };
      reader.readNullableString();
      return answer;
    });
    return { partitions };
  });
  reader.readTaggedFields();
  return { errorCode, responses };
});

/** ElectLeaders v2, preferred election (type 0); the wire library has no layout for it. */
const electLeadersRequest = defineRequest(
  43,
  2,
  (topic: string, partitions: readonly number[], timeoutMs: number) =>
    Writer.create()
      .appendInt8(0)
      .appendArray([topic], (writer, name) =>
        writer
          .appendString(name)
          .appendArray([...partitions], (inner, number) => inner.appendInt32(number), true, false),
      )
      .appendInt32(timeoutMs)
      .appendTaggedFields(),
  (reader) => {
    reader.readInt32(); // throttle time
    const code = errorName(reader.readInt16());
    const topics = reader.readArray((one) => {
      one.readString();
      return one.readArray((answer) => {
        const partition = answer.readInt32();
        const error = errorName(answer.readInt16());
        answer.readNullableString();
        return { partition, error };
      });
    });
    reader.readTaggedFields();
    return { code, partitions: topics.flat() };
  },
);

/**
 * Makes `leader` lead these partitions, as an operator does: first in the list of replicas, then a preferred
 * election. Answers what stood in the way: a broker that is down or behind is not elected.
 */
export async function moveLeaders(
  cluster: Cluster,
  topic: string,
  partitions: readonly number[],
  leader: number,
): Promise<string[]> {
  const replicas = [leader, ...[1, 2, 3].filter((id) => id !== leader)];
  const reassigned = await cluster.ask(reassignRequest, 10_000, false, [
    { name: topic, partitions: partitions.map((partitionIndex) => ({ partitionIndex, replicas })) },
  ]);
  const elected = await cluster.ask(electLeadersRequest, topic, partitions, 10_000);
  const codes = [
    errorName(reassigned.errorCode),
    ...reassigned.responses.flatMap((one) => one.partitions.map(({ errorCode }) => errorName(errorCode))),
    elected.code,
    ...elected.partitions.map(({ error }) => error),
  ];
  return [...new Set(codes)].filter((code) => code !== 'NONE' && code !== 'ELECTION_NOT_NEEDED');
}
