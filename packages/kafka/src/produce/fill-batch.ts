import type { Codec } from '../bytes/codec.ts';
import { compressBatch, compressBatchAside, isWorthAside } from '../bytes/compress-batch.ts';
import type { SendableBatch } from './lane.ts';

/**
 * Gives a batch its bytes: at once, or, when it is large and `codec` can be left to the thread pool, some time after it has taken its
 * place in the lane; what is behind it waits. Then `onReady` is called, to wake the lane. `plain` must stay unchanged by then.
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
  // No codec refuses any bytes: were it to reject, the process would end, and nothing would have been promised.
  void compressBatchAside(plain, codec).then((compressed) => {
    fill(compressed);
    onReady();
  });
}
