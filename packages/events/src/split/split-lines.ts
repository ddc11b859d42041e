import { isUtf8 } from 'node:buffer';
import { refuse } from '../model/reasons.ts';
import type { SplitStep } from '../model/request.ts';
import { GrowingRanges } from './growing-ranges.ts';
import { fastRead, itemOf, refusedItem, type Splitter } from './item-reader.ts';
import { skipByteOrderMark } from '../json/json-bytes.ts';
import { readText } from '../json/read-text.ts';
import { bytesPerStep, refused, working } from './steps.ts';

const newline = 0x0a;

/**
 * NDJSON: one event a line. CRLF, a missing last newline and a byte order mark before a line are accepted.
 * Blank lines are not events. A line that cannot be parsed is refused alone.
 */
export function* splitLines(body: Buffer, start: number, splitter: Splitter): Generator<SplitStep, void> {
  const { limits } = splitter;
  const lines = new GrowingRanges();
  for (let at = start; at < body.length;) {
    at = findLines(body, at, bytesPerStep, lines, limits.eventsPerRequestMax + 1);
    if (lines.count > limits.eventsPerRequestMax) {
      return yield refused(refuse('too-many-events', `more than ${limits.eventsPerRequestMax} events`));
    }
    if (at < body.length) yield working;
  }
  if (lines.count === 0) return yield refused(refuse('empty-request', 'the request holds no event'));
  const knownUtf8 = isUtf8(body);
  const fast = knownUtf8 ? fastRead(splitter) : null;
  for (let index = 0; index < lines.count; index++) {
    const span = { kind: 'range', start: lines.start(index), end: lines.end(index) } as const;
    const text = skipByteOrderMark(body, span.start);
    const record = fast?.(body, text, span.end, index) ?? null;
    if (record !== null) {
      yield { kind: 'encoded', index, span, record };
      continue;
    }
    const read = readText(body, text, span.end, limits, knownUtf8);
    yield read.kind === 'rejected'
      ? refusedItem(read, index, span)
      : itemOf(read.value, read.oddText, index, span, splitter);
  }
}

/** Adds the lines that are not blank. Returns the start of the first line that it did not look at. */
function findLines(
  body: Buffer,
  start: number,
  bytes: number,
  lines: GrowingRanges,
  countMax: number,
): number {
  const stop = start + bytes;
  let at = start;
  while (at < body.length && at < stop && lines.count < countMax) {
    if (body[at] === newline) {
      at++;
      continue;
    }
    const end = endOfLine(body, at);
    if (!isBlank(body, skipByteOrderMark(body, at), end)) lines.push(at, end);
    at = end + 1;
  }
  return at;
}

/** Short lines by hand: a call of indexOf for each of millions would cost more than they are worth. */
function endOfLine(body: Buffer, start: number): number {
  const near = Math.min(body.length, start + 64);
  for (let at = start; at < near; at++) if (body[at] === newline) return at;
  const newlineAt = body.indexOf(newline, near);
  return newlineAt === -1 ? body.length : newlineAt;
}

function isBlank(body: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = body[at];
    if (byte !== 0x20 && byte !== 0x0d && byte !== 0x09) return false;
  }
  return true;
}
