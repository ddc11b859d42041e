import { refuse, type Refusal } from '@penstock/events';
import { brotliDecompressSync, constants, gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib';

/** The body as the client meant it, or why there is none. */
export type Inflated = { kind: 'body'; bytes: Uint8Array } | Refusal;

/** A zstd frame names the window its reader must allocate: 8 MiB is what RFC 8878 asks of every decoder. */
const ZSTD_WINDOW_LOG_MAX = 23;

/**
 * Undoes the Content-Encoding of one body. The limit is checked while inflating (zlib stops at the first
 * output chunk beyond it), so a bomb costs `bodyBytesMax` of memory and no more.
 *
 * Synchronous on purpose: it runs on a filter thread that has nothing else to do for this partition, and the
 * thread pool would cost a Promise and a copy per request.
 *
 * @param encoding Content-Encoding; undefined, '' and 'identity' mean as it is. One coding: a list is
 *   refused.
 * @param bodyBytesMax limit of the inflated body in bytes; exactly that many are allowed.
 * @returns the body (for identity the same view, not a copy), or what is wrong with it. Never throws for bad
 *   data.
 */
export function inflate(body: Uint8Array, encoding: string | undefined, bodyBytesMax: number): Inflated {
  const coding = (encoding ?? '').trim().toLowerCase();
  if (coding === '' || coding === 'identity') {
    return body.length > bodyBytesMax ? tooLarge(bodyBytesMax) : { kind: 'body', bytes: body };
  }
  const decompress = DECOMPRESSORS[coding];
  if (decompress === undefined) {
    return refuse('unknown-encoding', `content-encoding ${coding.slice(0, 40)}`);
  }
  // zlib's readers answer an empty input with an empty output or an error, each its own way. It is a
  // truncated body.
  if (body.length === 0) return refuse('broken-encoding', `${coding}: empty body`);
  try {
    return { kind: 'body', bytes: decompress(body, bodyBytesMax) };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return tooLarge(bodyBytesMax);
    return refuse('broken-encoding', `${coding}: ${error.message}`);
  }
}

type Decompress = (body: Uint8Array, maxOutputLength: number) => Buffer;

const gunzip: Decompress = (body, maxOutputLength) => gunzipSync(body, { maxOutputLength });

const DECOMPRESSORS: Readonly<Record<string, Decompress>> = Object.freeze({
  __proto__: null as never, // 'constructor' is no encoding
  gzip: gunzip,
  'x-gzip': gunzip,
  deflate: (body, maxOutputLength) => inflateSync(body, { maxOutputLength }),
  br: (body, maxOutputLength) => brotliDecompressSync(body, { maxOutputLength }),
  zstd: (body, maxOutputLength) =>
    zstdDecompressSync(body, {
      maxOutputLength,
      params: { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG_MAX },
    }),
});

function tooLarge(bodyBytesMax: number): Refusal {
  return refuse('inflated-too-large', `more than ${bodyBytesMax} bytes`);
}
