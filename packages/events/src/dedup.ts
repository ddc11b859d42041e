/** Bytes of a de-duplication key. */
export const dedupKeyBytes = 16;
/** Bytes of a content hash. */
export const contentHashBytes = 8;

/** 16 bytes of SHA-1 over tenant and event id: what the window and events.seen hold. Same id and tenant, same key. */
export function dedupKey(tenant: string, eventId: Uint8Array): Buffer {
  throw new Error(`not written yet ${tenant} ${eventId.length}`);
}

/**
 * 8 bytes over what the client said (its fields without sent_at), read from an encoded event: two events with one id
 * and different hashes are a conflict, not a retry.
 */
export function contentHash(encoded: Uint8Array): Buffer {
  throw new Error(`not written yet ${encoded.length}`);
}
