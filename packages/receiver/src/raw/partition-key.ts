import { createHmac, hash } from 'node:crypto';

/**
 * What is known of a client before its body. Copies of a request must meet in one partition to be recognised.
 */
export interface KeyFacts {
  tenant: string;
  /** `x-partition-key` or `?partition_key=`, cleaned; keeps the order of one client. */
  partitionKey: string | undefined;
  /** `idempotency-key`, cleaned. */
  idempotencyKey: string | undefined;
  /** The network of the client's address, as bytes. */
  clientNetwork: Uint8Array | undefined;
  userAgent: string | undefined;
}

/** The key that the client gives. It is put after its tenant, so that two tenants never share one. */
export function givenKey({ tenant, partitionKey, idempotencyKey }: KeyFacts): Buffer | undefined {
  const given = partitionKey ?? idempotencyKey;
  if (given === undefined) return undefined;
  const key = Buffer.from(`${tenant}:${given}`);
  // Two tries with a key that is too long still meet, and nobody's events are refused for it.
  return key.length <= givenBytesMax ? key : hash('sha256', key, 'buffer').subarray(0, hashBytes);
}

/**
 * The key of a request whose bytes differ from try to try: by who sends it. It travels to every consumer of
 * the master,
 * so it is a salted HMAC, never the address (`salt` is the same in all Receivers of a datacenter). */
export function clientKey({ tenant, clientNetwork, userAgent }: KeyFacts, salt: string): Buffer {
  const hmac = createHmac('sha256', salt).update(`${tenant}\0${userAgent ?? ''}\0`);
  return hmac
    .update(clientNetwork ?? '')
    .digest()
    .subarray(0, hashBytes);
}

/**
 * The key of a request whose bytes are the same in each try: they meet even when the client changes networks.
 */
export function bodyKey(body: Uint8Array): Buffer {
  return hash('sha256', body.subarray(0, hashedBodyBytes), 'buffer').subarray(0, hashBytes);
}

/**
 * Whether a JSON body may hold a send time, which differs from try to try: an envelope does, arrays of events
 * and single events do not. Its bytes are searched, not parsed; an event that speaks of a send time itself is
 * taken for one.
 */
export function mayHoldSendTime(body: Buffer): boolean {
  return !isArray(body) && (body.includes('"events"') || body.includes('"sent_at"'));
}

/** Its first byte that is no space says it. */
function isArray(body: Uint8Array): boolean {
  const start = body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? 3 : 0;
  for (let at = start; at < body.length; at += 1) {
    const byte = body[at]!;
    if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d) return byte === 0x5b;
  }
  return false;
}

const givenBytesMax = 256;
const hashedBodyBytes = 1024;
const hashBytes = 16;
