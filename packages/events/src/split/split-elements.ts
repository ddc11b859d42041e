import { isUtf8 } from 'node:buffer';
import type { Envelope, Format } from '../catalogue/format.ts';
import type { Limits } from '../catalogue/limits.ts';
import { isJsonObject, type JsonObject } from '../model/json.ts';
import { refuse, type Refusal } from '../model/reasons.ts';
import type { FastRead, FormatNumber, RawEvent, SplitStep } from '../model/request.ts';
import { cleanText } from '../normalise/clean-text.ts';
import { fastRead, itemOf, refusedItem, type Splitter } from './item-reader.ts';
import { readText, type ReadText } from '../json/read-text.ts';
import type { FoundArray } from './scan-document.ts';
import { sniffFormat } from './sniff-format.ts';
import { refused } from './steps.ts';

/** The events of a document that is an array. */
export function* splitArray(body: Buffer, array: FoundArray, splitter: Splitter): Generator<SplitStep, void> {
  yield* elementsOf(body, array, splitter, splitter, null, fastRead(splitter));
}

/** The events of an envelope. Each inherits those shared keys that it does not have itself. */
export function* splitEnvelope(
  body: Buffer,
  start: number,
  arrays: readonly FoundArray[],
  splitter: Splitter,
): Generator<SplitStep, void> {
  const around = readAround(body, start, arrays, splitter.limits);
  if (around.kind === 'rejected') return yield refused(around);
  const document = around.value as JsonObject;
  const format = splitter.hinted ?? sniffFormat(document, splitter.formats);
  if ('reason' in format) return yield refused(format);
  const array = arrays.find(({ key }) => key === format.envelope?.array);
  const shared = sharedOf(document, format);
  if (array === undefined || shared.kind === 'rejected') {
    return yield refused(
      shared.kind === 'rejected' ? shared : refuse('invalid-envelope', 'it has no events'),
    );
  }
  // Once for all events: each of them walking over its share would multiply a small body.
  const fields = around.oddText ? cleanText(shared.fields) : shared.fields;
  const inherited = { fields, repaired: fields !== shared.fields };
  // An event that inherits repaired text says so among its fixes.
  const fast = inherited.repaired ? null : (splitter.fast?.(format.number, fields) ?? null);
  yield* elementsOf(body, array, splitter, format.number, inherited, fast);
}

interface Inherited {
  readonly fields: JsonObject;
  /** Their text had to be cleaned, which each event then says. */
  readonly repaired: boolean;
}

function* elementsOf(
  body: Buffer,
  array: FoundArray,
  splitter: Splitter,
  format: FormatNumber | Splitter,
  inherited: Inherited | null,
  fast: FastRead | null,
): Generator<SplitStep, void> {
  const { open, close, elements } = array;
  if (elements.count === 0) return yield refused(refuse('empty-request', 'the request holds no event'));
  const knownUtf8 = isUtf8(body);
  for (let index = 0; index < elements.count; index++) {
    const span = {
      kind: 'element',
      start: elements.start(index),
      end: elements.end(index),
      open,
      close,
    } as const;
    const record = (knownUtf8 && fast?.(body, span.start, span.end, index)) || null;
    if (record !== null) {
      yield { kind: 'encoded', index, span, record };
      continue;
    }
    const read = readText(body, span.start, span.end, splitter.limits, knownUtf8);
    if (read.kind === 'rejected') yield refusedItem(read, index, span);
    else {
      const item = itemOf(read.value, read.oddText, index, span, format);
      yield inherited === null || item.kind !== 'event' ? item : inherit(item, inherited);
    }
  }
}

function inherit(item: RawEvent, { fields, repaired }: Inherited): RawEvent {
  const { event } = item;
  let some = false;
  for (const key in fields) {
    if (event[key] !== undefined) continue;
    event[key] = fields[key];
    some = true;
  }
  return some && repaired ? { ...item, repairedText: true } : item;
}

/** The document with its arrays emptied: small, whatever the events are. */
function readAround(body: Buffer, start: number, arrays: readonly FoundArray[], limits: Limits): ReadText {
  const pieces: Buffer[] = [];
  let from = start;
  for (const { open, close } of arrays) {
    pieces.push(body.subarray(from, open + 1));
    from = close;
  }
  pieces.push(body.subarray(from));
  const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
  if (bytes > limits.envelopeBytesMax) {
    return refuse(
      'invalid-envelope',
      `${bytes} bytes around the events, allowed are ${limits.envelopeBytesMax}`,
    );
  }
  const around = { ...limits, keysMax: limits.envelopeKeysMax };
  return readText(Buffer.concat(pieces), 0, bytes, around, false);
}

function sharedOf(
  document: JsonObject,
  { envelope }: Format,
): { kind: 'shared'; fields: JsonObject } | Refusal {
  const { array, shared } = envelope ?? noEnvelope;
  const { [array]: _events, ...fields } = document;
  if (!isJsonObject(fields)) return refuse('invalid-envelope', 'it is not an object');
  for (const key in fields) {
    if (!shared.includes(key)) {
      return refuse('invalid-envelope', `${JSON.stringify(key.slice(0, 64))} is not part of the envelope`);
    }
  }
  return { kind: 'shared', fields };
}

const noEnvelope: Envelope = { array: '', shared: [] };
