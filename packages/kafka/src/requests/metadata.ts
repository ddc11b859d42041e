import { apiVersionsV4, findCoordinatorV6, metadataV12 } from '../wire-library.ts';
import { defineRequest } from './define.ts';
import type { FrameReader } from './frame-reader.ts';

/**
 * Metadata v12: topic names, null for all, and whether to say what this client may do with them. Answers
 * brokers, topics with ids, and leaders with epochs (KIP-516). It never creates a topic.
 */
export const metadataRequest = defineRequest(3, 12, encodeMetadata, decodeMetadata);

function encodeMetadata(names: string[] | null, options: { permissions: boolean } = { permissions: false }) {
  return metadataV12.createRequest(names, false, options.permissions);
}

export interface MetadataAnswer {
  brokers: { nodeId: number; host: string; port: number }[];
  clusterId: string | null;
  topics: MetadataTopic[];
}

export interface MetadataTopic {
  errorCode: number;
  name: string | null;
  /** A uuid with hyphens. */
  topicId: string;
  /** In any order. */
  partitions: {
    partitionIndex: number;
    leaderId: number;
    leaderEpoch: number;
    replicas: number;
    inSync: number;
  }[];
  /** Bits of what this client may do with it, when asked for. */
  operations: number;
}

function decodeMetadata(reader: FrameReader): MetadataAnswer {
  reader.readThrottleMs();
  const brokers = reader.readArray(() => {
    const broker = { nodeId: reader.readInt32(), host: reader.readString(), port: reader.readInt32() };
    reader.readNullableString(); // rack
    return broker;
  });
  const clusterId = reader.readNullableString();
  reader.readInt32(); // controller
  const topics = reader.readArray(() => decodeTopic(reader));
  reader.readTaggedFields();
  return { brokers, clusterId, topics };
}

function decodeTopic(reader: FrameReader): MetadataTopic {
  const errorCode = reader.readInt16();
  const name = reader.readNullableString();
  const topicId = reader.readUUID();
  reader.readInt8(); // internal
  const partitions = reader.readArray(() => {
    reader.readInt16(); // its error: LEADER_NOT_AVAILABLE and LISTENER_NOT_FOUND also show as leader -1
    const partitionIndex = reader.readInt32();
    const leader = { leaderId: reader.readInt32(), leaderEpoch: reader.readInt32() };
    const replicas = reader.readArray(() => reader.readInt32(), true, false).length;
    const inSync = reader.readArray(() => reader.readInt32(), true, false).length;
    reader.readArray(() => reader.readInt32(), true, false); // offline replicas
    return { partitionIndex, ...leader, replicas, inSync };
  });
  return { errorCode, name, topicId, partitions, operations: reader.readInt32() };
}

/** FindCoordinator v6: the broker that coordinates a group (key type 0) or a transactional id (1). */
export const findCoordinatorRequest = defineRequest(
  10,
  6,
  findCoordinatorV6.createRequest,
  decodeCoordinators,
);

function decodeCoordinators(reader: FrameReader) {
  reader.readThrottleMs();
  const coordinators = reader.readArray(() => {
    reader.readString(); // key: ours
    const broker = { nodeId: reader.readInt32(), host: reader.readString(), port: reader.readInt32() };
    return { ...broker, errorCode: reader.readInt16(), errorMessage: reader.readNullableString() };
  });
  reader.readTaggedFields();
  return { coordinators };
}

/**
 * ApiVersions v4: request versions and finalized features (KIP-584). Its response header is v0 at every
 * version.
 */
export const apiVersionsRequest = defineRequest(18, 4, apiVersionsV4.createRequest, decodeVersions, {
  flexibleResponseHeader: false,
});

export interface BrokerFeatures {
  errorCode: number;
  /** What the broker's version supports. */
  supportedFeatures: { name: string; maxVersion: number }[];
  /** What the cluster has enabled. */
  finalizedFeatures: { name: string; maxVersionLevel: number }[];
}

/** The request versions are not read: every broker from 4.0 on has all that this package sends (KIP-896). */
function decodeVersions(reader: FrameReader): BrokerFeatures {
  const features: BrokerFeatures = {
    errorCode: reader.readInt16(),
    supportedFeatures: [],
    finalizedFeatures: [],
  };
  reader.readArray(() => reader.skip(6));
  reader.readThrottleMs();
  reader.readTags((tag) => {
    if (tag === 0) {
      features.supportedFeatures = reader.readArray(() => {
        const name = reader.readString();
        reader.readInt16(); // lowest version
        return { name, maxVersion: reader.readInt16() };
      });
    } else if (tag === 2) {
      features.finalizedFeatures = reader.readArray(() => {
        const feature = { name: reader.readString(), maxVersionLevel: reader.readInt16() };
        reader.readInt16(); // lowest level
        return feature;
      });
    }
  });
  return features;
}
