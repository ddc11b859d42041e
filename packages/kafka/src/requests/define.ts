import type { Writer } from '../wire-library.ts';
import { FrameReader } from './frame-reader.ts';

/**
 * The layout of one request at one version. `encode` makes the body as buffers, which are written one by one.
 * `decode` gets a reader over one frame, positioned after the response header, and reads it to its end.
 */
export interface Api<A extends readonly unknown[], R> {
  key: number;
  version: number;
  /** Request header v2 (tagged fields). Only SaslHandshake does not have it. */
  flexibleRequestHeader: boolean;
  /**
   * Response header v1 (tagged fields). Only ApiVersions (KIP-511) and SaslHandshake answer with header v0.
   */
  flexibleResponseHeader: boolean;
  encode(...args: A): readonly Buffer[];
  decode(reader: FrameReader): R;
}

type HeaderOptions = Partial<Pick<Api<[], unknown>, 'flexibleRequestHeader' | 'flexibleResponseHeader'>>;

/** Defines a request. `decode` throws only for bytes that are not a response: error codes are values. */
export function defineRequest<A extends readonly unknown[], R>(
  key: number,
  version: number,
  encode: (...args: A) => Writer | readonly Buffer[],
  decode: (reader: FrameReader) => R,
  options: HeaderOptions = {},
): Api<A, R> {
  return {
    key,
    version,
    flexibleRequestHeader: options.flexibleRequestHeader ?? true,
    flexibleResponseHeader: options.flexibleResponseHeader ?? true,
    encode: (...args) => {
      const body = encode(...args);
      return 'buffers' in body ? body.buffers : body;
    },
    decode,
  };
}

/**
 * Decodes an answer. `frame` begins with the correlation id. Throws RangeError for bytes that are not this
 * answer, also when bytes are left over: no checksum covers an answer, so nothing is guessed.
 */
export function decodeAnswer<A extends readonly unknown[], R>(
  api: Api<A, R>,
  frame: Buffer,
  onThrottle?: (throttleMs: number) => void,
): R {
  const reader = new FrameReader(frame);
  reader.skip(4);
  if (api.flexibleResponseHeader) reader.readTaggedFields();
  const answer = api.decode(reader);
  if (reader.remaining > 0)
    throw new RangeError(`${reader.remaining} bytes after the answer to request ${api.key}`);
  if (reader.throttleMs > 0) onThrottle?.(reader.throttleMs);
  return answer;
}
