import { isUtf8 } from 'node:buffer';
import { looksLikeAvro } from '../avro/single-object.ts';
import type { Format } from '../catalogue/format.ts';
import { parseQuery } from '../formats/format-1/parse-query.ts';
import { isJsonObject, type JsonValue } from '../model/json.ts';
import type { Limits } from '../catalogue/limits.ts';
import type { FormatHint } from '../model/raw-headers.ts';
import { refuse, type Refusal } from '../model/reasons.ts';
import type { RequestItem, SplitFunction, SplitRequest } from '../model/request.ts';
import { parseJson } from './json-text.ts';
import { readText, type ItemReader } from './read-item.ts';
import { sniffFormat } from './sniff-format.ts';
import { splitAvro } from './split-avro.ts';
import { holdsEnvelope, splitArray, splitEnvelope } from './split-elements.ts';
import { splitLines } from './split-lines.ts';

type Items = readonly RequestItem[] | Refusal;
/** What the content-type promises; 'any' promises nothing, and the bytes decide. */
type Kind = 'avro' | 'query' | 'lines' | 'json' | 'any';

interface Splitter {
  readonly formats: readonly Format[];
  readonly limits: Limits;
  /** The route's format, null without one. */
  readonly hinted: Format | null;
}

const kinds: Readonly<Record<string, Kind>> = {
  'avro/binary': 'avro',
  'application/x-www-form-urlencoded': 'query',
  'application/x-ndjson': 'lines',
  'application/ndjson': 'lines',
  'application/jsonl': 'lines',
  'application/json': 'json',
};

/** See SplitRequest. The function never throws, and what it returns holds no view of the body. */
export function createSplit(formats: readonly Format[], limits: Limits): SplitFunction {
  const byHint = new Map<FormatHint, Format>(formats.map((format) => [`${format.number}`, format]));
  return (body, hint, contentType) => {
    const bytes = withoutBom(Buffer.from(body.buffer, body.byteOffset, body.byteLength));
    const hinted = (hint === null ? undefined : byHint.get(hint)) ?? null;
    try {
      const items = splitBytes(bytes, kindOf(bytes, contentType), { formats, limits, hinted });
      return asRequest(items, body.length - bytes.length);
    } catch (error) {
      // A bug of a format costs one request, never the partition.
      return refuse('split-failed', `threw ${error instanceof Error ? error.name : typeof error}`);
    }
  };
}

function asRequest(items: Items, bomBytes: number): SplitRequest {
  if (!isItems(items)) return items;
  if (items.length === 0) return refuse('empty-request', 'the request holds no event');
  return { kind: 'events', items: bomBytes === 0 ? items : items.map((item) => movedBy(item, bomBytes)) };
}

function splitBytes(bytes: Buffer, kind: Kind, splitter: Splitter): Items {
  if (bytes.length === 0) return refuse('empty-request', 'the body is empty');
  switch (kind) {
    case 'avro':
      return splitAvro(bytes, itemReader(bytes, splitter));
    case 'query':
      return splitQuery(bytes, splitter);
    case 'lines':
      return splitLines(bytes, itemReader(bytes, splitter));
    default:
      return splitText(bytes, kind, splitter);
  }
}

/** A document, or, when nothing promised one, lines or a query. */
function splitText(bytes: Buffer, kind: Kind, splitter: Splitter): Items {
  const parsed = parseJson(bytes, 0, bytes.length);
  if (parsed.kind === 'parsed') return splitDocument(bytes, parsed.value, splitter);
  if (kind === 'json') return parsed;
  const first = bytes.indexOf('\n');
  if (first !== -1 && parseJson(bytes, 0, first).kind === 'parsed')
    return splitLines(bytes, itemReader(bytes, splitter));
  return splitter.hinted?.number === 1 && parsed.reason === 'invalid-json' && bytes.includes('=')
    ? splitQuery(bytes, splitter)
    : parsed;
}

function splitDocument(bytes: Buffer, document: JsonValue, splitter: Splitter): Items {
  const reader = itemReader(bytes, splitter);
  if (Array.isArray(document)) return splitArray(bytes, document, reader);
  if (!isJsonObject(document)) return refuse('not-an-object', 'the body is neither an object nor an array');
  const format = splitter.hinted ?? sniffFormat(document, splitter.formats);
  if ('reason' in format) return format;
  if (format.envelope !== null && holdsEnvelope(document, format.envelope)) {
    const inside: ItemReader = { ...reader, formatOf: () => format.number };
    return splitEnvelope(bytes, document, format.envelope, inside);
  }
  return [readText(document, bytes, { start: 0, end: bytes.length }, 0, { kind: 'whole' }, reader)];
}

function splitQuery(bytes: Buffer, splitter: Splitter): Items {
  if (!isUtf8(bytes)) return refuse('invalid-utf8', 'the query is not UTF-8');
  const parsed = parseQuery(bytes.toString('utf8'), splitter.limits);
  if (parsed.kind === 'rejected') return parsed;
  const format = splitter.hinted ?? sniffFormat(parsed.event, splitter.formats);
  if ('reason' in format) return format;
  const oddText = bytes.includes('%');
  return [
    {
      kind: 'event',
      index: 0,
      format: format.number,
      event: parsed.event,
      oddText,
      span: { kind: 'whole' },
    },
  ];
}

function itemReader(bytes: Buffer, { formats, limits, hinted }: Splitter): ItemReader {
  return {
    limits,
    // NUL and half surrogate pairs come into a JSON string only as \u escapes: UTF-8 has been checked.
    oddText: bytes.includes('\\u') || looksLikeAvro(bytes),
    formatOf: (event) => {
      if (hinted !== null) return hinted.number;
      const format = sniffFormat(event, formats);
      return 'reason' in format ? format : format.number;
    },
  };
}

function kindOf(bytes: Uint8Array, contentType: string | null): Kind {
  // The bytes C3 01 begin no UTF-8 text.
  if (looksLikeAvro(bytes)) return 'avro';
  const mediaType = contentType?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  return Object.hasOwn(kinds, mediaType) ? kinds[mediaType]! : 'any';
}

/** RFC 8259 lets a reader ignore a byte order mark at the start, and some clients write one. */
function withoutBom(bytes: Buffer): Buffer {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}

function movedBy(item: RequestItem, bytes: number): RequestItem {
  const { span } = item;
  if (span.kind !== 'range') return item;
  return { ...item, span: { kind: 'range', start: span.start + bytes, end: span.end + bytes } };
}

function isItems(items: Items): items is readonly RequestItem[] {
  return Array.isArray(items);
}
