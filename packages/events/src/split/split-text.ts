import { isUtf8 } from 'node:buffer';
import { isJsonObject } from '../model/json.ts';
import { refuse, type Refusal } from '../model/reasons.ts';
import type { RequestItem, SplitStep } from '../model/request.ts';
import { fastRead, itemOf, kindOf, refusedItem, type Splitter } from './item-reader.ts';
import { readText } from '../json/read-text.ts';
import { DocumentScan } from './scan-document.ts';
import { sniffFormat } from './sniff-format.ts';
import { splitArray, splitEnvelope } from './split-elements.ts';
import { splitLines } from './split-lines.ts';
import { splitQuery } from './split-query.ts';
import { bytesPerStep, refused, working } from './steps.ts';

/**
 * A JSON document: an array of events, an envelope, or one event. Text that is not one document may still
 * be lines or a query, unless its type is 'json'.
 */
export function* splitText(
  body: Buffer,
  start: number,
  type: 'json' | 'query' | 'any',
  splitter: Splitter,
): Generator<SplitStep, void> {
  const scan = new DocumentScan(body, start, envelopeKeys(splitter), splitter.limits);
  while (!scan.advance(bytesPerStep)) yield working;
  const [array] = scan.arrays;
  if (scan.end === 'too-many-events') {
    yield refused(refuse('too-many-events', `more than ${splitter.limits.eventsPerRequestMax} events`));
  } else if (scan.end !== 'document' || scan.trailingAt !== -1) {
    yield* splitOther(body, start, type, scan, splitter);
  } else if (array === undefined) yield readDocument(body, start, splitter);
  else if (array.key === null) yield* splitArray(body, array, splitter);
  else yield* splitEnvelope(body, start, scan.arrays, splitter);
}

/** The keys that may hold events. */
function envelopeKeys({ hinted, formats }: Splitter): string[] {
  const candidates = hinted === null ? formats : [hinted];
  return candidates.flatMap(({ envelope }) => (envelope === null ? [] : [envelope.array]));
}

/** One event that is the whole body. */
function readDocument(body: Buffer, start: number, splitter: Splitter): SplitStep {
  const fast = fastRead(splitter);
  const record = fast !== null && isUtf8(body) ? fast(body, start, body.length, 0) : null;
  if (record !== null) return { kind: 'encoded', index: 0, span: { kind: 'whole' }, record };
  const read = readText(body, start, body.length, splitter.limits, false);
  if (read.kind === 'rejected') return asWhole(read);
  if (!isJsonObject(read.value)) return refused(notAnObject(kindOf(read.value)));
  const format = splitter.hinted ?? sniffFormat(read.value, splitter.formats);
  if ('reason' in format) return refused(format);
  return itemOf(read.value, read.oddText, 0, { kind: 'whole' }, format.number);
}

/** A text that is not JSON holds no event. One that breaks a limit does. */
function asWhole(refusal: Refusal): SplitStep {
  const { reason } = refusal;
  return reason === 'invalid-json' || reason === 'invalid-utf8'
    ? refused(refusal)
    : (refusedItem(refusal, 0, { kind: 'whole' }) satisfies RequestItem);
}

function* splitOther(
  body: Buffer,
  start: number,
  type: 'json' | 'query' | 'any',
  scan: DocumentScan,
  splitter: Splitter,
): Generator<SplitStep, void> {
  if (type === 'any' && beginsWithALine(body, start, scan, splitter))
    yield* splitLines(body, start, splitter);
  else if (type !== 'json' && isUtf8(body) && isQuery(body, type, splitter)) {
    yield* splitQuery(body, start, splitter);
  } else yield refused(whyNoDocument(body, start, scan, splitter));
}

/** A complete document stands alone on the first line. */
function beginsWithALine(body: Buffer, start: number, scan: DocumentScan, { limits }: Splitter): boolean {
  const newlineAt = body.indexOf('\n', start);
  if (newlineAt === -1) return false;
  if (scan.end === 'scalar') return readText(body, start, newlineAt, limits, false).kind === 'parsed';
  return scan.end === 'document' && scan.documentEnd <= newlineAt && scan.trailingAt > newlineAt;
}

function isQuery(body: Buffer, type: 'query' | 'any', { hinted }: Splitter): boolean {
  return type === 'query' || (hinted?.number === 1 && body.includes('='));
}

function whyNoDocument(body: Buffer, start: number, scan: DocumentScan, { limits }: Splitter): Refusal {
  if (!isUtf8(body)) return refuse('invalid-utf8', `${body.length} bytes are not UTF-8`);
  if (scan.end === 'scalar') {
    const read = readText(body, start, body.length, limits, true);
    return read.kind === 'parsed' ? notAnObject(kindOf(read.value)) : read;
  }
  if (scan.end === 'cut') return refuse('invalid-json', 'the document ends too soon');
  return refuse(
    'invalid-json',
    scan.end === 'broken' ? 'its brackets and commas do not match' : trailing(scan),
  );
}

function trailing({ trailingAt }: DocumentScan): string {
  return `something follows the document at byte ${trailingAt}`;
}

function notAnObject(kind: string): Refusal {
  return refuse('not-an-object', `the body is ${kind}, not an object or an array`);
}
