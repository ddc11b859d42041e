import { endOfAvroEvent, readAvroEvent } from '../formats/format-4/read-avro.ts';
import { refuse, type Refusal } from '../model/reasons.ts';
import type { RequestItem, Span, SplitStep } from '../model/request.ts';
import { checkStrings } from '../json/check-value.ts';
import { GrowingRanges } from './growing-ranges.ts';
import { itemOf, refusedItem, type Splitter } from './item-reader.ts';
import { bytesPerStep, refused, working } from './steps.ts';

/**
 * Records one after the other. Their schema gives each its length, so a record with impossible content
 * costs itself only. After one whose length nobody can know, the rest of the body is a single refused item.
 * When that is the first record, the request is refused.
 */
export function* splitAvro(body: Buffer, splitter: Splitter): Generator<SplitStep, void> {
  const { eventsPerRequestMax } = splitter.limits;
  const records = new GrowingRanges();
  let rest: Refusal | null = null;
  let at = 0;
  for (let stepEnd = bytesPerStep; at < body.length && rest === null;) {
    if (records.count === eventsPerRequestMax) {
      return yield refused(refuse('too-many-events', `more than ${eventsPerRequestMax} events`));
    }
    const end = endOfAvroEvent(body, at);
    if (typeof end === 'number') {
      records.push(at, end);
      at = end;
    } else rest = end;
    if (at >= stepEnd) {
      yield working;
      stepEnd = at + bytesPerStep;
    }
  }
  if (rest !== null && records.count === 0) return yield refused(rest);
  for (let index = 0; index < records.count; index++) {
    yield readRecord(
      body,
      { kind: 'range', start: records.start(index), end: records.end(index) },
      index,
      splitter,
    );
  }
  if (rest !== null) yield refusedItem(rest, records.count, { kind: 'range', start: at, end: body.length });
}

function readRecord(
  body: Buffer,
  span: Extract<Span, { kind: 'range' }>,
  index: number,
  splitter: Splitter,
): RequestItem {
  const read = readAvroEvent(body, span.start, span.end, splitter.limits);
  if (read.kind === 'rejected') return refusedItem(read, index, span);
  const refusal = checkStrings(read.event, splitter.limits);
  if (refusal !== null) return refusedItem(refusal, index, span);
  const item = itemOf(read.event, true, index, span, splitter);
  return read.repairedText && item.kind === 'event' ? { ...item, repairedText: true } : item;
}
