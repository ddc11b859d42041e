import { createHmac, hash } from 'node:crypto';

/**
 * What decides where a request goes: copies of it must meet in one partition, or they are not recognised as
 * copies.
 */
export interface KeyedRequest {
  tenant: string;
  /** `x-partition-key`, cleaned; keeps the order of one client. */
  partitionKey: string | undefined;
  /** `idempotency-key`, cleaned. */
  idempotencyKey: string | undefined;
  /** The body carries a send time, so that two tries of it differ. */
  bodyChangesWithEachTry: boolean;
  clientAddress: string | undefined;
  body: Uint8Array;
}

const givenBytesMax = 256;
const hashedBodyBytes = 1024;
const hashBytes = 16;

/**
 * The raw record's key. It travels to every consumer of the master, so it never is an address or an API key:
 * where only the address tells clients apart, it is a salted HMAC of it (`salt` is the same in all Receivers
 * of a datacenter).
 */
export function partitionKey(request: KeyedRequest, salt: string): Buffer {
  const given = request.partitionKey ?? request.idempotencyKey;
  if (given !== undefined) return givenKey(request.tenant, given);
  if (request.bodyChangesWithEachTry && request.clientAddress !== undefined) {
    const text = `${request.tenant}\0${request.clientAddress}`;
    return createHmac('sha256', salt).update(text).digest().subarray(0, hashBytes);
  }
  return hash('sha256', request.body.subarray(0, hashedBodyBytes), 'buffer').subarray(0, hashBytes);
}

/**
 * A key that is too long is replaced by its hash: two tries still meet, and nobody's events are refused for
 * it.
 */
function givenKey(tenant: string, given: string): Buffer {
  const key = Buffer.from(`${tenant}:${given}`);
  if (key.length <= givenBytesMax) return key;
  return hash('sha256', key, 'buffer').subarray(0, hashBytes);
}
