import { refuse, type Refusal } from '@penstock/events';
import { decodersOf, type Decoder } from './codings.ts';
import { inflateInChunks } from './inflate-in-chunks.ts';

/** The body as the client meant it, or why there is none. */
export type Inflated = { readonly kind: 'body'; readonly bytes: Uint8Array } | Refusal;

/** A body that is large once it is inflated. Inflating it waits until it is asked for. */
export interface LargeBody {
  readonly kind: 'large';
  /** In the thread pool. Bad data never makes it reject. */
  inflate(): Promise<Inflated>;
}

/** So much is inflated at once: at most 1 or 2 ms, and ten times cheaper than a stream. */
const atOnceBytes = 128 * 1024;

/**
 * Undoes the Content-Encoding of one body. Whatever the bytes are, it holds the event loop for about 2 ms at
 * most, and allocates no more than twice `bodyBytesMax`, and that only for a moment.
 *
 * Every byte of the body must be part of what is read. Bytes that follow the end of the encoded data could
 * hold events, and no decoder would show them: such a body is refused as a whole.
 *
 * @param encoding Content-Encoding; undefined, '' and 'identity' mean as it is. A list of codings is refused.
 * @param bodyBytesMax limit of the inflated body in bytes; exactly that many are allowed.
 * @returns the body (without an encoding the same view, not a copy), or what is wrong with it. Bad data never
 *   makes it throw.
 */
export function inflate(
  body: Uint8Array,
  encoding: string | undefined,
  bodyBytesMax: number,
): Inflated | LargeBody {
  const coding = (encoding ?? '').trim().toLowerCase();
  if (coding === '' || coding === 'identity') {
    return body.length > bodyBytesMax ? tooLarge(bodyBytesMax) : { kind: 'body', bytes: body };
  }
  const decoders = decodersOf(coding, body);
  if (decoders === undefined) return refuse('unknown-encoding', `content-encoding ${coding.slice(0, 40)}`);
  // The decoders answer an empty input with an empty output or an error, each in its own way. It is a
  // truncated body.
  if (body.length === 0) return broken(coding, 'empty body');

  let refusal: Refusal | undefined;
  for (const [n, decoder] of decoders.entries()) {
    const inflated = inflateAtOnce(body, coding, decoder, bodyBytesMax);
    if (inflated === 'large') {
      const left = decoders.slice(n);
      return { kind: 'large', inflate: () => inflateAside(body, coding, left, bodyBytesMax) };
    }
    if (inflated.kind === 'body' || inflated.reason !== 'broken-encoding') return inflated;
    refusal ??= inflated; // what the usual decoder says is what helps
  }
  return refusal ?? broken(coding, 'no decoder');
}

function inflateAtOnce(
  body: Uint8Array,
  coding: string,
  decoder: Decoder,
  bodyBytesMax: number,
): Inflated | 'large' {
  if (body.length > atOnceBytes) return 'large';
  const most = Math.min(bodyBytesMax, atOnceBytes);
  try {
    const { bytes, consumed } = decoder.atOnce(body, most);
    return whole(body, coding, bytes, consumed);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_BUFFER_TOO_LARGE') return broken(coding, error);
    return most < bodyBytesMax ? 'large' : tooLarge(bodyBytesMax);
  }
}

async function inflateAside(
  body: Uint8Array,
  coding: string,
  decoders: readonly Decoder[],
  bodyBytesMax: number,
): Promise<Inflated> {
  let refusal: Refusal | undefined;
  for (const decoder of decoders) {
    try {
      const inflated = await inflateInChunks(body, decoder, bodyBytesMax);
      if (inflated === 'too-large') return tooLarge(bodyBytesMax);
      const result = whole(body, coding, inflated.bytes, inflated.consumed);
      if (result.kind === 'body') return result;
      refusal ??= result;
    } catch (error) {
      refusal ??= broken(coding, error);
    }
  }
  return refusal ?? broken(coding, 'no decoder');
}

function whole(body: Uint8Array, coding: string, bytes: Uint8Array, consumed: number): Inflated {
  const left = body.length - consumed;
  return left === 0 ? { kind: 'body', bytes } : broken(coding, `${left} bytes follow the end of the data`);
}

function broken(coding: string, why: unknown): Refusal {
  return refuse('broken-encoding', `${coding}: ${why instanceof Error ? why.message : String(why)}`);
}

function tooLarge(bodyBytesMax: number): Refusal {
  return refuse('inflated-too-large', `more than ${bodyBytesMax} bytes`);
}
