import { apiVersionsV4, findCoordinatorV6, metadataV12 } from '@platformatic/kafka';
import { defineRequest, wireRequest } from './define.ts';
import type { FrameReader } from './frame-reader.ts';

/** Metadata v12: brokers, topics with ids, leaders with epochs (KIP-516). */
export const metadataRequest = wireRequest(3, 12, metadataV12);

/** FindCoordinator v6: the broker that coordinates a group (key type 0) or a transactional id (1). */
export const findCoordinatorRequest = wireRequest(10, 6, findCoordinatorV6);

/** ApiVersions v4: versions and finalized features (KIP-584). Its response header is v0 at every version. */
export const apiVersionsRequest = defineRequest(18, 4, apiVersionsV4.createRequest, decodeVersions, {
  flexibleResponseHeader: false,
});

export interface BrokerFeatures {
  errorCode: number;
  /** What the broker's version could do. */
  supportedFeatures: { name: string; maxVersion: number }[];
  /** What the cluster has agreed on. */
  finalizedFeatures: { name: string; maxVersionLevel: number }[];
}

/** The versions of the requests are not read: every broker of 4.0 or newer has all that this package sends (KIP-896). */
function decodeVersions(reader: FrameReader): BrokerFeatures {
  const features: BrokerFeatures = {
    errorCode: reader.readInt16(),
    supportedFeatures: [],
    finalizedFeatures: [],
  };
  reader.readArray(() => reader.skip(6));
  reader.readInt32(); // throttle time
  reader.readTags((tag) => {
    if (tag === 0) {
      features.supportedFeatures = reader.readArray(() => {
        const name = reader.readString();
        reader.readInt16(); // least
        return { name, maxVersion: reader.readInt16() };
      });
    } else if (tag === 2) {
      features.finalizedFeatures = reader.readArray(() => {
        const feature = { name: reader.readString(), maxVersionLevel: reader.readInt16() };
        reader.readInt16(); // least
        return feature;
      });
    }
  });
  return features;
}
