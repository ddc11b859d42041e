import {
  brotliDecompressSync,
  constants,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  createZstdDecompress,
  gunzipSync,
  inflateRawSync,
  inflateSync,
  zstdDecompressSync,
  type ZlibOptions,
  type ZstdOptions,
} from 'node:zlib';
import type { Transform } from 'node:stream';

/** One way to read a content coding, at once or in chunks. */
export interface Decoder {
  /**
   * Throws ERR_BUFFER_TOO_LARGE when there is more output.
   * @returns the output, and how many bytes of the body it was made from.
   */
  atOnce(body: Uint8Array, maxOutputLength: number): { bytes: Buffer; consumed: number };
  inChunks(): Transform & { readonly bytesWritten: number };
}

/**
 * The decoders of a content coding, in the order in which they are to be tried; undefined when nobody knows
 * it. gzip and zstd read all members or frames of a body.
 */
export function decodersOf(coding: string, body: Uint8Array): readonly Decoder[] | undefined {
  switch (coding) {
    case 'gzip':
    case 'x-gzip':
      return [gzip];
    case 'deflate':
      // RFC 9110 means zlib's format. Some clients send the deflate stream without it, as browsers accept it.
      return hasZlibHeader(body) ? [zlib, rawDeflate] : [rawDeflate];
    case 'br':
      return [brotli];
    case 'zstd':
      return [zstd];
    default:
      return undefined;
  }
}

/** RFC 1950: the method is 8, and the first two bytes together are a multiple of 31. */
function hasZlibHeader(body: Uint8Array): boolean {
  const [first = 0, second = 0] = body;
  return (first & 0x0f) === 8 && (first * 256 + second) % 31 === 0;
}

/** Output between two turns of the event loop. Inflating itself is done in the thread pool. */
const chunkSize = 64 * 1024;

/** A zstd frame names the window that its reader must allocate. RFC 8878 asks every decoder for 8 MiB. */
const zstdOptions: ZstdOptions = { params: { [constants.ZSTD_d_windowLogMax]: 23 } };

const gzip = decoder(gunzipSync, (o) => createGunzip(o));
const zlib = decoder(inflateSync, (o) => createInflate(o));
const rawDeflate = decoder(inflateRawSync, (o) => createInflateRaw(o));
const brotli = decoder(brotliDecompressSync, (o) => createBrotliDecompress(o));
const zstd = decoder(
  (body, o: ZlibOptions) => zstdDecompressSync(body, { ...zstdOptions, ...o } as ZstdOptions),
  (o) => createZstdDecompress({ ...zstdOptions, ...o }),
);

function decoder(
  sync: (body: Uint8Array, o: ZlibOptions) => unknown,
  stream: (o: { chunkSize: number }) => Transform & { readonly bytesWritten: number },
): Decoder {
  return {
    atOnce(body, maxOutputLength) {
      // What `info` makes of the answer is missing from the types.
      const answer = sync(body, { maxOutputLength, info: true });
      const { buffer, engine } = answer as { buffer: Buffer; engine: { bytesWritten: number } };
      return { bytes: buffer, consumed: engine.bytesWritten };
    },
    inChunks: () => stream({ chunkSize }),
  };
}
