import { crc32c } from '@node-rs/crc32';
import { batchHeaderBytes } from '../bytes/batch-header.ts';
import { asideBytesMin, compress, compressAside } from '../compression/codec.ts';
import type { Codec } from '../compression/codec.ts';
import type { ProducerBatch } from './producer-partition.ts';

/**
 * Compresses the records of a closed batch: a small one at once, a large one in the thread pool, which is
 * quicker for those. The batch keeps its position in the queue meanwhile.
 *
 * `hold` is told how much memory the batch has from now on; its blocks are free then. `onReady` is called
 * when a large batch is ready, to wake its queue.
 */
export function compressRecords(
  batch: ProducerBatch<unknown>,
  codec: Codec,
  hold: (heldBytes: number) => void,
  onReady: () => void,
): void {
  const plain = Buffer.concat(batch.parts, batch.byteCount);
  hold(plain.length);
  const records = plain.subarray(batchHeaderBytes);
  const compressed = (bytes: Buffer): void => {
    if (batch.heldBytes === 0) return; // its delivery timeout has ended, and it was released
    // A copy of exactly its size: Node's codecs return a view of memory for the worst case.
    const exact = Buffer.allocUnsafe(batchHeaderBytes + bytes.length);
    bytes.copy(exact, batchHeaderBytes);
    batch.parts = [exact];
    batch.byteCount = exact.length;
    batch.recordsCrc = crc32c(bytes);
    hold(exact.length);
  };
  if (records.length < asideBytesMin) return compressed(compress(codec, records));
  batch.parts = [];
  batch.byteCount = 0;
  compressAside(codec, records).then((bytes) => {
    compressed(bytes);
    onReady();
  }, endProcess);
}

/** No codec refuses bytes, so this is a bug. No record of the batch was acknowledged: the process may end. */
function endProcess(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
