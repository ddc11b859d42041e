import { endOfString } from './json-text.ts';

export interface ElementRanges {
  /** Positions of the array's brackets. */
  readonly open: number;
  readonly close: number;
  /** First byte and the byte after the last of each element, white space left out. */
  readonly elements: readonly { readonly start: number; readonly end: number }[];
}

/**
 * Where the elements of an array lie in the text of a JSON document that JSON.parse has accepted: the array
 * that is the document (`array` null) or that the document's object holds under that key, the last one if
 * there are two. Slow path only: for the original bytes of rejected events, and to find which of them has a
 * key twice.
 */
export function elementRanges(body: Uint8Array, array: string | null): ElementRanges | null {
  let at = skipSpace(body, body[0] === 0xef ? 3 : 0);
  if (array === null) return body[at] === 0x5b /* [ */ ? rangesAt(body, at) : null;
  if (body[at] !== 0x7b /* { */) return null;
  let found: ElementRanges | null = null;
  at = skipSpace(body, at + 1);
  while (body[at] === 0x22 /* " */) {
    const keyEnd = endOfString(body, at, body.length) + 1;
    const key = textOf(body, at, keyEnd);
    const valueStart = skipSpace(body, skipSpace(body, keyEnd) + 1);
    if (key === array && body[valueStart] === 0x5b) found = rangesAt(body, valueStart);
    at = skipSpace(body, endOfValue(body, valueStart));
    if (body[at] === 0x2c /* , */) at = skipSpace(body, at + 1);
  }
  return found;
}

function rangesAt(body: Uint8Array, open: number): ElementRanges {
  const elements: { start: number; end: number }[] = [];
  let at = skipSpace(body, open + 1);
  while (at < body.length && body[at] !== 0x5d /* ] */) {
    const end = endOfValue(body, at);
    elements.push({ start: at, end });
    at = skipSpace(body, end);
    if (body[at] === 0x2c) at = skipSpace(body, at + 1);
  }
  return { open, close: at, elements };
}

/** The position after the value that starts at `start`. */
function endOfValue(body: Uint8Array, start: number): number {
  let depth = 0;
  for (let at = start; at < body.length; at++) {
    const byte = body[at]!;
    if (byte === 0x22) at = endOfString(body, at, body.length);
    else if (byte === 0x7b || byte === 0x5b) depth++;
    else if (byte === 0x7d || byte === 0x5d) {
      if (depth === 0) return at;
      if (--depth === 0) return at + 1;
      continue;
    } else if (depth === 0 && (byte === 0x2c || isSpace(byte))) return at;
    if (depth === 0 && byte === 0x22) return at + 1;
  }
  return body.length;
}

function skipSpace(body: Uint8Array, start: number): number {
  let at = start;
  while (at < body.length && isSpace(body[at]!)) at++;
  return at;
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** A key may be written with escapes. */
function textOf(body: Uint8Array, start: number, end: number): unknown {
  return JSON.parse(Buffer.from(body.buffer, body.byteOffset + start, end - start).toString('utf8'));
}
