import type { Limits } from '../catalogue/limits.ts';
import { GrowingRanges } from './growing-ranges.ts';
import {
  backslash,
  colon,
  comma,
  isClosing,
  isOpening,
  isSpace,
  nesting,
  quote,
  skipSpace,
  stringStarts,
  structural,
  trimEnd,
} from '../json/json-bytes.ts';

/** An array that may hold the events: the document itself, or the value of one of its keys. */
export interface FoundArray {
  /** Null when the array is the document. */
  readonly key: string | null;
  /** The positions of its brackets. `close` is -1 until it is found. */
  readonly open: number;
  close: number;
  /** Without white space around them. */
  readonly elements: GrowingRanges;
}

/** How a scan ended. `cut`: the text ended first. `broken`: brackets and commas that cannot be JSON. */
export type ScanEnd = 'open' | 'document' | 'scalar' | 'cut' | 'broken' | 'too-many-events';

/**
 * Finds the elements of a JSON document without parsing it, a piece at a time: those of the document when
 * it is an array, else those of the arrays under the given keys. The scan follows strings and brackets
 * only. It keeps no stack, so nesting costs no memory. `JSON.parse` judges the elements afterwards, one by
 * one. About 1 ns a byte. The ranges of the elements are all that it allocates.
 */
export class DocumentScan {
  end: ScanEnd = 'open';
  /** In the order of the text. */
  readonly arrays: FoundArray[] = [];
  /** The position after the document's last bracket, or -1. */
  documentEnd = -1;
  /** The first byte after the document that is not white space, or -1. */
  trailingAt = -1;

  readonly #body: Uint8Array;
  readonly #keys: readonly string[];
  readonly #limits: Limits;
  #at: number;
  #depth = 0;
  /** The depth whose commas and brackets mean something. What is deeper is passed over. */
  #watched = 0;
  #inString = false;
  /** The array whose elements stand at the watched depth. */
  #array: FoundArray | null = null;
  #elementStart = -1;
  /** The last string at depth 1 of an object: the key, when a colon follows. */
  #stringStart = -1;
  #stringEnd = -1;
  #afterColon = false;

  /** @param keys of the arrays to look into when the document is an object. */
  constructor(body: Uint8Array, start: number, keys: readonly string[], limits: Limits) {
    this.#body = body;
    this.#at = start;
    this.#keys = keys;
    this.#limits = limits;
  }

  /** Looks at up to `bytes` more. True when the scan has ended: see `end`. */
  advance(bytes: number): boolean {
    const stop = Math.min(this.#body.length, this.#at + bytes);
    while (this.#at < stop && this.end === 'open') {
      if (this.#inString) this.#at = this.#restOfString(this.#at, stop);
      else if (this.#depth === 0) this.#outside(stop);
      else if (this.#depth > this.#watched) this.#passOver(stop);
      else if (this.#array === null) this.#inObject(stop);
      else this.#inArray(stop, this.#array);
    }
    if (this.end === 'open' && this.#at >= this.#body.length) {
      this.end = this.documentEnd === -1 ? 'cut' : 'document';
    }
    return this.end !== 'open';
  }

  /** The position after the closing quote. When `stop` comes first, the string goes on in the next call. */
  #restOfString(start: number, stop: number): number {
    const body = this.#body;
    let at = start;
    while (at < stop) {
      const byte = body[at++]!;
      if (byte === backslash) at++;
      else if (byte === quote) {
        this.#inString = false;
        this.#stringEnd = at;
        return at;
      }
    }
    this.#inString = true;
    return at;
  }

  /** Everything deeper than the watched depth. */
  #passOver(stop: number): void {
    const body = this.#body;
    const watched = this.#watched;
    let at = this.#at;
    let depth = this.#depth;
    while (at < stop) {
      const step = nesting[body[at++]!]!;
      if (step === 0) continue;
      if (step === stringStarts) at = this.#restOfString(at, stop);
      else if ((depth += step) === watched) break;
    }
    this.#at = at;
    this.#depth = depth;
  }

  #outside(stop: number): void {
    const byte = this.#body[this.#at]!;
    if (isSpace(byte)) this.#at = skipSpace(this.#body, this.#at, stop);
    else if (this.documentEnd !== -1) {
      this.trailingAt = this.#at;
      this.end = 'document';
    } else if (isOpening(byte)) {
      this.#depth = this.#watched = 1;
      if (byte === 0x5b) this.#openArray(null, this.#at);
      this.#at++;
    } else this.end = 'scalar';
  }

  #inArray(stop: number, array: FoundArray): void {
    const body = this.#body;
    let at = this.#at;
    let start = this.#elementStart;
    while (at < stop) {
      const byte = body[at]!;
      if (structural[byte] === 0) {
        if (start === -1 && !isSpace(byte)) start = at;
        at++;
      } else if (byte === comma || isClosing(byte)) {
        if (start !== -1) this.#addElement(array, start, at);
        else if (byte === comma || array.elements.count > 0) this.end = 'broken';
        start = -1;
        at++;
        if (byte !== comma) this.#closeArray(byte, at - 1, array);
        if (byte !== comma || this.end !== 'open') break;
      } else {
        if (start === -1) start = at;
        at++;
        if (byte === quote) at = this.#restOfString(at, stop);
        else if (isOpening(byte)) {
          this.#depth++;
          break;
        }
      }
    }
    this.#at = at;
    this.#elementStart = start;
  }

  #inObject(stop: number): void {
    const body = this.#body;
    let at = this.#at;
    while (at < stop) {
      const byte = body[at++]!;
      if (structural[byte] === 0) continue;
      if (byte === quote) {
        this.#stringStart = at - 1;
        at = this.#restOfString(at, stop);
      } else if (byte === colon) this.#afterColon = true;
      else if (byte === comma) this.#afterColon = false;
      else {
        if (isOpening(byte)) this.#openIn(byte, at - 1);
        else this.#closeDocument(byte === 0x7d, at - 1);
        break;
      }
    }
    this.#at = at;
  }

  #openIn(byte: number, at: number): void {
    const key = byte === 0x5b && this.#afterColon ? this.#wantedKey() : undefined;
    this.#depth++;
    if (key === undefined) return;
    this.#watched = 2;
    this.#openArray(key, at);
  }

  #openArray(key: string | null, open: number): void {
    this.#array = { key, open, close: -1, elements: new GrowingRanges() };
    this.arrays.push(this.#array);
  }

  #addElement({ elements }: FoundArray, start: number, end: number): void {
    if (elements.count === this.#limits.eventsPerRequestMax) this.end = 'too-many-events';
    else elements.push(start, trimEnd(this.#body, start, end));
  }

  #closeArray(byte: number, at: number, array: FoundArray): void {
    array.close = at;
    this.#array = null;
    if (this.#depth === 1) return this.#closeDocument(byte === 0x5d, at);
    if (byte !== 0x5d) this.end = 'broken';
    this.#depth = this.#watched = 1;
  }

  #closeDocument(matches: boolean, at: number): void {
    if (!matches) this.end = 'broken';
    this.#depth = this.#watched = 0;
    this.documentEnd = at + 1;
  }

  /** The last string, when it is one of the keys. A client may write a key with escapes. */
  #wantedKey(): string | undefined {
    const length = this.#stringEnd - this.#stringStart;
    if (this.#stringStart === -1 || length < 2) return undefined;
    const text = (): string =>
      Buffer.from(this.#body.buffer, this.#body.byteOffset + this.#stringStart, length).toString('utf8');
    return this.#keys.find((key) => length <= 6 * key.length + 2 && isText(text(), key));
  }
}

/** Is `text`, in quotes, the JSON text of the string `key`? */
function isText(text: string, key: string): boolean {
  try {
    return JSON.parse(text) === key;
  } catch {
    return false;
  }
}
