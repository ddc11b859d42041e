import { attributesAt, lastOffsetDeltaAt, logAppendTimeBit, type FetchedBatch } from '@penstock/kafka';

/** What the target takes. */
export interface CopyLimits {
  /** max.message.bytes of the target topic. */
  readonly messageBytesMax: number;
  /** It refuses the record at this offset: only those before it are copied. Undefined: none that is known. */
  readonly before?: bigint | undefined;
}

/** Why a batch is decoded and encoded again instead of passing as it is. */
export const rewriteReasons = ['trimmed', 'gaps', 'log-append-time', 'oversize', 'tiny'] as const;

export type RewriteReason = (typeof rewriteReasons)[number];

export type Piece =
  /** Goes on as it is, records unread. */
  | { readonly kind: 'pass'; readonly batch: FetchedBatch }
  /** Is decoded and encoded again with the same codec. */
  | { readonly kind: 'rewrite'; readonly batches: readonly FetchedBatch[]; readonly reason: RewriteReason };

/** Below this, a batch costs the target more than its records do. */
const tinyBytes = 4 * 1024;
/** Joined batches grow to about this, before compression at the latest. */
const joinedBytes = 64 * 1024;

/**
 * How the batches of one partition, read together, are best copied. Batches pass undecoded unless they
 * cannot. Tiny ones in a row are joined; that happens only while the mirror is behind, since otherwise they
 * come one by one.
 */
export function planCopy(batches: readonly FetchedBatch[], limits: CopyLimits): Piece[] {
  const pieces: Piece[] = [];
  let tiny: FetchedBatch[] = [];
  let tinyTotal = 0;
  const joinTiny = () => {
    const [first] = tiny;
    if (first !== undefined) {
      pieces.push(
        tiny.length === 1
          ? { kind: 'pass', batch: first }
          : { kind: 'rewrite', batches: tiny, reason: 'tiny' },
      );
    }
    tiny = [];
    tinyTotal = 0;
  };
  for (const batch of batches) {
    const reason = rewriteReason(batch, limits);
    const isTiny = reason === undefined && batch.bytes.length < tinyBytes;
    const joins = isTiny && tinyTotal + batch.bytes.length <= joinedBytes && sameCodec(tiny[0], batch);
    if (!joins) joinTiny();
    if (isTiny) {
      tiny.push(batch);
      tinyTotal += batch.bytes.length;
    } else if (reason === undefined) {
      pieces.push({ kind: 'pass', batch });
    } else {
      pieces.push({ kind: 'rewrite', batches: [batch], reason });
    }
  }
  joinTiny();
  return pieces;
}

/**
 * Why a batch cannot pass as it is; undefined when it can. The fetch gives only batches of format 2 that are
 * neither control batches nor aborted.
 */
export function rewriteReason(batch: FetchedBatch, limits: CopyLimits): RewriteReason | undefined {
  // The fetch began inside it. The records below the position are on the target already.
  if (batch.firstOffset > batch.baseOffset) return 'trimmed';
  if (limits.before !== undefined && batch.lastOffset >= limits.before) return 'trimmed';
  // Compacted. A broker accepts only batches without gaps from a producer (LogValidator.validateBatch).
  if (batch.count !== lastOffsetDeltaAt(batch.bytes, 0) + 1) return 'gaps';
  // Readers do not see the records' own times, and the flag cannot be kept: the target has its own setting.
  if ((attributesAt(batch.bytes, 0) & logAppendTimeBit) !== 0) return 'log-append-time';
  if (batch.bytes.length > limits.messageBytesMax) return 'oversize';
  return undefined;
}

function sameCodec(one: FetchedBatch | undefined, other: FetchedBatch): boolean {
  return one === undefined || ((attributesAt(one.bytes, 0) ^ attributesAt(other.bytes, 0)) & 0b111) === 0;
}
