import { describeConfigsV4 } from '../wire-library.ts';
import { defineRequest } from './define.ts';
import type { FrameReader } from './frame-reader.ts';

const topicResource = 2;

/**
 * DescribeConfigs v4, of topics: every setting with its value, whether the topic has it or the broker. Any
 * broker answers.
 */
export const describeConfigsRequest = defineRequest(
  32,
  4,
  (topics: readonly string[]) =>
    describeConfigsV4.createRequest(
      topics.map((resourceName) => ({ resourceType: topicResource, resourceName, configurationKeys: null })),
    ),
  decode,
);

function decode(reader: FrameReader) {
  reader.readThrottleMs();
  const results = reader.readArray(() => {
    const errorCode = reader.readInt16();
    const errorMessage = reader.readNullableString();
    reader.readInt8(); // resource type: a topic
    return { errorCode, errorMessage, topic: reader.readString(), configs: decodeConfigs(reader) };
  });
  reader.readTaggedFields();
  return { results };
}

function decodeConfigs(reader: FrameReader): { name: string; value: string | null }[] {
  return reader.readArray(() => {
    const config = { name: reader.readString(), value: reader.readNullableString() };
    reader.skip(3); // read only, source, sensitive
    reader.readArray(() => {
      reader.readString(); // a synonym, which we do not ask for
      reader.readNullableString();
      reader.readInt8();
    });
    reader.readInt8(); // type
    reader.readNullableString(); // documentation
    return config;
  });
}
