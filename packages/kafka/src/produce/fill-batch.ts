import { compressBatch, compressBatchAside, isWorthAside } from '../bytes/compress-batch.ts';
import type { Codec } from '../compression/codec.ts';
import type { SendableBatch } from './partition-queue.ts';

/**
 * Gives a batch its bytes: at once, or, when it is large and the thread pool can compress it, later. It keeps
 * its position in the queue meanwhile, and the batches after it wait. Then `onReady` is called, to wake the
 * queue. `plain` must stay unchanged until then.
 */
export function fillBatch(
  batch: SendableBatch,
  plain: { bytes: Buffer; count: number },
  codec: Codec,
  onReady: () => void,
): void {
  const fill = ({ bytes }: { bytes: Buffer }): void => {
    batch.parts = [bytes];
    batch.byteCount = bytes.length;
  };
  if (!isWorthAside(plain, codec)) {
    fill(compressBatch(plain, codec));
    return;
  }
  batch.parts = [];
  batch.byteCount = 0;
  // No codec refuses bytes. If this rejected all the same, the process would end, and nothing would be
  // committed.
  void compressBatchAside(plain, codec).then((compressed) => {
    fill(compressed);
    onReady();
  });
}
