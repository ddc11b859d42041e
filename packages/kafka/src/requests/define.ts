import { ResponseError } from '@platformatic/kafka';
import type { Reader, Writer } from '@platformatic/kafka';

/**
 * One request layout at one version. `encode` gives the body as buffers that are written without being joined;
 * `decode` gets a reader over one flat frame, placed after the response header.
 */
export interface Api<A extends readonly unknown[], R> {
  key: number;
  version: number;
  /** Response header v1 (tagged fields); only ApiVersions answers with header v0 (KIP-511). */
  flexibleResponseHeader: boolean;
  encode(...args: A): readonly Buffer[];
  decode(reader: Reader): R;
}

/** Defines a request of ours. `decode` may throw only for bytes that are not a response: error codes are values. */
export function defineRequest<A extends readonly unknown[], R>(
  key: number,
  version: number,
  encode: (...args: A) => Writer | readonly Buffer[],
  decode: (reader: Reader) => R,
  options: { flexibleResponseHeader?: boolean } = {},
): Api<A, R> {
  return {
    key,
    version,
    flexibleResponseHeader: options.flexibleResponseHeader ?? true,
    encode: (...args) => {
      const body = encode(...args);
      return 'buffers' in body ? body.buffers : body;
    },
    decode,
  };
}

type WireParser<R> = (correlationId: number, apiKey: number, apiVersion: number, reader: Reader) => R;

/** The wire library's parsers throw when a response holds any error code; this one answers the response all the same. */
export function wireDecoder<R>(
  key: number,
  version: number,
  parseResponse: WireParser<R>,
): (reader: Reader) => R {
  return (reader) => {
    try {
      return parseResponse(0, key, version, reader);
    } catch (error) {
      if (error instanceof ResponseError && 'response' in error) return error.response as R;
      throw error;
    }
  };
}

interface WireModule<A extends readonly unknown[], R> {
  createRequest(...args: A): Writer;
  parseResponse: WireParser<R>;
}

/** A whole layout of the wire library. */
export function wireRequest<A extends readonly unknown[], R>(
  key: number,
  version: number,
  module: WireModule<A, R>,
  options: { flexibleResponseHeader?: boolean } = {},
): Api<A, R> {
  const decode = wireDecoder(key, version, module.parseResponse);
  return defineRequest(key, version, (...args: A) => module.createRequest(...args), decode, options);
}

/** The one buffer below a reader of ours, and where the reader stands in it: for parsers that hand out views. */
export function flat(reader: Reader): { buffer: Buffer; at: number } {
  return { buffer: reader.buffer.buffer, at: reader.position };
}
