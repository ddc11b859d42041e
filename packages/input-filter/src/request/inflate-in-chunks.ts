import type { Decoder } from './codings.ts';

const firstBytes = 256 * 1024;

/**
 * Inflates in the thread pool, chunk by chunk, so that the event loop goes on and a bomb ends at the limit.
 * The chunks go into one buffer, which grows by doubling: joining them at the end would need the memory
 * twice.
 *
 * Rejects with what the decoder says about broken data.
 */
export async function inflateInChunks(
  body: Uint8Array,
  decoder: Decoder,
  bodyBytesMax: number,
): Promise<{ bytes: Buffer; consumed: number } | 'too-large'> {
  const stream = decoder.inChunks();
  let bytes = Buffer.allocUnsafeSlow(Math.min(bodyBytesMax, firstBytes));
  let length = 0;
  stream.end(body);
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    if (length + chunk.length > bodyBytesMax) return 'too-large'; // leaving the loop destroys the stream
    if (length + chunk.length > bytes.length) {
      const larger = Buffer.allocUnsafeSlow(
        Math.min(bodyBytesMax, Math.max(bytes.length * 2, length + chunk.length)),
      );
      bytes.copy(larger, 0, 0, length);
      bytes = larger;
    }
    chunk.copy(bytes, length);
    length += chunk.length;
  }
  return { bytes: bytes.subarray(0, length), consumed: stream.bytesWritten };
}
