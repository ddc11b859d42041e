import { apiVersionsV4, findCoordinatorV6, metadataV12 } from '@platformatic/kafka';
import { wireRequest } from './define.ts';

/** Metadata v12: brokers, topics with ids, leaders with epochs (KIP-516). */
export const metadataRequest = wireRequest(3, 12, metadataV12);

/** FindCoordinator v6: the broker that coordinates a group (key type 0) or a transactional id (1). */
export const findCoordinatorRequest = wireRequest(10, 6, findCoordinatorV6);

/** ApiVersions v4: versions and finalized features (KIP-584). Its response header is v0 at every version. */
export const apiVersionsRequest = wireRequest(18, 4, apiVersionsV4, { flexibleResponseHeader: false });
