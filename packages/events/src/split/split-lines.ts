import { isUtf8 } from 'node:buffer';
import { refuse, type Refusal } from '../model/reasons.ts';
import type { RequestItem } from '../model/request.ts';
import { readText, type ItemReader } from './read-item.ts';
import { parseJson } from './json-text.ts';

const newline = 0x0a;

/**
 * NDJSON: one event a line. CRLF and a missing last newline are fine, blank lines are no events. A line
 * that cannot be parsed is refused alone.
 */
export function splitLines(body: Buffer, reader: ItemReader): RequestItem[] | Refusal {
  const items: RequestItem[] = [];
  const knownUtf8 = isUtf8(body);
  for (let start = 0; start < body.length;) {
    const newlineAt = body.indexOf(newline, start);
    const end = newlineAt === -1 ? body.length : newlineAt;
    if (!isBlank(body, start, end)) {
      if (items.length === reader.limits.eventsPerRequestMax) {
        return refuse('too-many-events', `more than ${reader.limits.eventsPerRequestMax} events`);
      }
      items.push(readLine(body, start, end, items.length, reader, knownUtf8));
    }
    start = end + 1;
  }
  return items;
}

function readLine(
  body: Buffer,
  start: number,
  end: number,
  index: number,
  reader: ItemReader,
  knownUtf8: boolean,
): RequestItem {
  const span = { kind: 'range', start, end } as const;
  if (end - start > reader.limits.eventBytesMax) {
    const detail = `a line of ${end - start} bytes, allowed are ${reader.limits.eventBytesMax}`;
    return { ...refuse('event-too-large', detail), index, span };
  }
  const parsed = parseJson(body, start, end, knownUtf8);
  if (parsed.kind === 'rejected') return { ...parsed, index, span };
  return readText(parsed.value, body, span, index, span, reader);
}

function isBlank(body: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = body[at];
    if (byte !== 0x20 && byte !== 0x0d && byte !== 0x09) return false;
  }
  return true;
}
