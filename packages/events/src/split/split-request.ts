import { looksLikeAvro } from '../avro/single-object.ts';
import type { Format } from '../catalogue/format.ts';
import type { Limits } from '../catalogue/limits.ts';
import type { FormatHint } from '../model/raw-headers.ts';
import { refuse, type Refusal } from '../model/reasons.ts';
import type { SplitFunction, SplitStep, SplitSteps } from '../model/request.ts';
import { refusedItem, type Splitter } from './item-reader.ts';
import { skipByteOrderMark, skipSpace } from '../json/json-bytes.ts';
import { splitAvro } from './split-avro.ts';
import { splitLines } from './split-lines.ts';
import { splitQuery } from './split-query.ts';
import { splitText } from './split-text.ts';
import { refused } from './steps.ts';

/** What the content-type promises. 'any' promises nothing, and the bytes decide. */
type Kind = 'avro' | 'query' | 'lines' | 'json' | 'any';

const kinds: Readonly<Record<string, Kind>> = {
  'avro/binary': 'avro',
  'application/x-www-form-urlencoded': 'query',
  'application/x-ndjson': 'lines',
  'application/ndjson': 'lines',
  'application/jsonl': 'lines',
  'application/json': 'json',
};

/** See SplitSteps. */
export function createSplitSteps(formats: readonly Format[], limits: Limits): SplitSteps {
  const byHint = new Map<FormatHint, Format>(formats.map((format) => [`${format.number}`, format]));
  return function* steps(body, hint, contentType, fast) {
    const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    const hinted = hint === null ? null : byHint.get(hint);
    // Never by the shape then: a body of a format that only another catalogue has may look like one of ours.
    if (hinted === undefined) return yield refused(notInCatalogue(hint));
    let items = 0;
    try {
      for (const step of splitBytes(bytes, contentType, { formats, limits, hinted, fast })) {
        if (step.kind !== 'working' && step.kind !== 'refused') items++;
        yield step;
      }
    } catch (error) {
      // A bug of a format costs the rest of one request, never the partition.
      const refusal = refuse('split-failed', `threw ${error instanceof Error ? error.name : typeof error}`);
      yield items === 0 ? refused(refusal) : refusedItem(refusal, items, { kind: 'whole' });
    }
  };
}

function notInCatalogue(hint: string | null): Refusal {
  return refuse('unknown-format', `the route says format ${hint}, which is not in the catalogue`);
}

/** All steps at once. */
export function createSplit(formats: readonly Format[], limits: Limits): SplitFunction {
  const steps = createSplitSteps(formats, limits);
  return (body, hint, contentType) => {
    const items = [];
    for (const step of steps(body, hint, contentType)) {
      if (step.kind === 'refused') return step.refusal;
      if (step.kind !== 'working' && step.kind !== 'encoded') items.push(step);
    }
    return { kind: 'events', items };
  };
}

function* splitBytes(
  bytes: Buffer,
  contentType: string | null,
  splitter: Splitter,
): Generator<SplitStep, void> {
  const kind = kindOf(bytes, contentType);
  const start = skipByteOrderMark(bytes, 0);
  if (start === bytes.length) yield refused(refuse('empty-request', 'the body is empty'));
  else if (kind === 'avro') yield* splitAvro(bytes, splitter);
  else if (kind === 'lines') yield* splitLines(bytes, start, splitter);
  else if (kind === 'query' && !looksLikeJson(bytes, start)) yield* splitQuery(bytes, start, splitter);
  else yield* splitText(bytes, start, kind, splitter);
}

function kindOf(bytes: Uint8Array, contentType: string | null): Kind {
  // The bytes C3 01 begin no UTF-8 text.
  if (looksLikeAvro(bytes)) return 'avro';
  const mediaType = contentType?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  return Object.hasOwn(kinds, mediaType) ? kinds[mediaType]! : 'any';
}

/** Old browsers send JSON as a form, because that type needs no preflight. */
function looksLikeJson(bytes: Uint8Array, start: number): boolean {
  const first = bytes[skipSpace(bytes, start, bytes.length)];
  return first === 0x7b || first === 0x5b;
}
