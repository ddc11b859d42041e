import { readAvroEvent } from '../formats/format-4/read-avro.ts';
import { refuse, type Refusal } from '../model/reasons.ts';
import type { Span, RequestItem } from '../model/request.ts';
import { measureJson } from './measure-json.ts';
import { itemOf, type ItemReader } from './read-item.ts';

/**
 * Records one after the other. They carry no length: after a broken one nobody knows where the next begins,
 * so the rest is one refused item; when the first is broken, the request is.
 */
export function splitAvro(body: Buffer, reader: ItemReader): RequestItem[] | Refusal {
  const items: RequestItem[] = [];
  for (let start = 0; start < body.length;) {
    const index = items.length;
    if (index === reader.limits.eventsPerRequestMax) {
      return refuse('too-many-events', `more than ${reader.limits.eventsPerRequestMax} events`);
    }
    const reading = readAvroEvent(body, start);
    if (reading.kind === 'rejected') {
      if (index === 0) return reading;
      items.push({ ...reading, index, span: { kind: 'range', start, end: body.length } });
      return items;
    }
    const span: Span = { kind: 'range', start, end: reading.end };
    const { refusal } = measureJson(reading.event, reader.limits);
    items.push(refusal === null ? itemOf(reading.event, index, span, reader) : { ...refusal, index, span });
    start = reading.end;
  }
  return items;
}
