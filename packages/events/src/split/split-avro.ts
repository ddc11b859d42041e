import { readAvroEvent } from '../format-4/read-avro.ts';
import { refuse, type Refusal } from '../reasons.ts';
import type { Place, RequestItem } from '../request.ts';
import { measureJson } from './measure-json.ts';
import { itemOf, type ItemReader } from './read-item.ts';

/**
 * Records one after the other. They carry no length: after a broken one nobody knows where the next begins, so the rest
 * is one refused item; when the first is broken, the request is.
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
      items.push({ ...reading, index, place: { kind: 'range', start, end: body.length } });
      return items;
    }
    const place: Place = { kind: 'range', start, end: reading.end };
    const { refusal } = measureJson(reading.event, reader.limits);
    items.push(refusal === null ? itemOf(reading.event, index, place, reader) : { ...refusal, index, place });
    start = reading.end;
  }
  return items;
}
