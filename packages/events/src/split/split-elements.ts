import type { Envelope } from '../catalogue/format.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../model/json.ts';
import { refuse, type Refusal } from '../model/reasons.ts';
import type { Span, RequestItem } from '../model/request.ts';
import { elementRanges, type ElementRanges } from './element-ranges.ts';
import { countMembers, parseExactly } from './json-text.ts';
import { measureJson, type JsonMeasure } from './measure-json.ts';
import { itemOf, type ItemReader } from './read-item.ts';

/** The array that holds the events: the document itself, or one under a key of the document. */
interface EventArray {
  readonly key: string | null;
  readonly values: readonly JsonValue[];
  /** Keys of the document outside the array. */
  readonly members: number;
}

export function splitArray(
  body: Buffer,
  values: readonly JsonValue[],
  reader: ItemReader,
): RequestItem[] | Refusal {
  return splitElements(body, { key: null, values, members: 0 }, reader);
}

/** Each event inherits the shared keys of its envelope, unless it has its own. */
export function splitEnvelope(
  body: Buffer,
  document: JsonObject,
  envelope: Envelope,
  reader: ItemReader,
): RequestItem[] | Refusal {
  const { [envelope.array]: values, ...around } = document;
  if (!Array.isArray(values)) return refuse('invalid-envelope', `${envelope.array} is not an array`);
  for (const key in around) {
    if (!envelope.shared.includes(key)) {
      return refuse('invalid-envelope', `${JSON.stringify(key.slice(0, 64))} is not part of the envelope`);
    }
  }
  const measure = measureJson(around, reader.limits);
  if (measure.refusal !== null) return measure.refusal;
  const items = splitElements(body, { key: envelope.array, values, members: measure.members + 1 }, reader);
  if (Array.isArray(items)) for (const item of items) if (item.kind === 'event') inherit(item.event, around);
  return items;
}

function inherit(event: JsonObject, around: JsonObject): void {
  for (const key in around) if (event[key] === undefined) event[key] = around[key];
}

function splitElements(body: Buffer, array: EventArray, reader: ItemReader): RequestItem[] | Refusal {
  const { values } = array;
  if (values.length > reader.limits.eventsPerRequestMax) {
    return refuse(
      'too-many-events',
      `${values.length} events, allowed are ${reader.limits.eventsPerRequestMax}`,
    );
  }
  let members = array.members;
  let closer = false;
  const measures: JsonMeasure[] = [];
  for (const value of values) {
    const measure = measureJson(value, reader.limits);
    members += measure.members;
    closer ||= measure.inexact || measure.refusal !== null;
    measures.push(measure);
  }
  const inText = countMembers(body, 0, body.length);
  if (closer || members !== inText) return lookCloser(body, array, measures, inText, reader);
  return values.map((value, index) => itemOf(value, index, spanOf(array, index), reader));
}

/** Some event has a key twice, a number too long for a double, or breaks a limit: find which, in the text. */
function lookCloser(
  body: Buffer,
  array: EventArray,
  measures: readonly JsonMeasure[],
  membersInText: number,
  reader: ItemReader,
): RequestItem[] | Refusal {
  const ranges = elementRanges(body, array.key);
  if (ranges === null || ranges.elements.length !== array.values.length) {
    return refuse('invalid-envelope', 'the events cannot be told apart');
  }
  const counts = ranges.elements.map(({ start, end }) => countMembers(body, start, end));
  if (counts.reduce((sum, count) => sum + count, array.members) !== membersInText) {
    return refuse('duplicate-key', 'the envelope has a key twice');
  }
  return array.values.map((value, index) => {
    const measure = measures[index]!;
    const span = spanOf(array, index);
    if (measure.refusal !== null) return { ...measure.refusal, index, span };
    if (measure.members !== counts[index]) {
      return { ...refuse('duplicate-key', 'an object of the event has a key twice'), index, span };
    }
    return itemOf(measure.inexact ? exactElement(body, ranges, index) : value, index, span, reader);
  });
}

function exactElement(body: Buffer, ranges: ElementRanges, index: number): JsonValue {
  const { start, end } = ranges.elements[index]!;
  return parseExactly(body.toString('utf8', start, end));
}

function spanOf(array: EventArray, element: number): Span {
  return { kind: 'element', array: array.key, element };
}

/** The envelope's array, if the document has one of this kind. */
export function holdsEnvelope(document: JsonValue, envelope: Envelope | null): boolean {
  return envelope !== null && isJsonObject(document) && Array.isArray(document[envelope.array]);
}
