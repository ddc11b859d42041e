import { isJsonObject, type JsonObject, type JsonValue } from '../model/json.ts';
import type { Limits } from '../catalogue/limits.ts';
import { refuse, type Refusal } from '../model/reasons.ts';
import type { FormatNumber, Span, RequestItem } from '../model/request.ts';
import { countMembers, parseExactly } from './json-text.ts';
import { measureJson } from './measure-json.ts';

/** What the splitters need to know to make an item of a parsed value. */
export interface ItemReader {
  readonly limits: Limits;
  /** By the route's hint, else by shape. */
  readonly formatOf: (event: JsonObject) => FormatNumber | Refusal;
  /** See RawEvent. */
  readonly oddText: boolean;
}

/** One item out of a JSON text of its own: a line, or a body that is one event. */
export function readText(
  value: JsonValue,
  body: Buffer,
  range: { readonly start: number; readonly end: number },
  index: number,
  span: Span,
  reader: ItemReader,
): RequestItem {
  const measure = measureJson(value, reader.limits);
  if (measure.refusal !== null) return { ...measure.refusal, index, span };
  if (measure.members !== countMembers(body, range.start, range.end)) {
    return { ...refuse('duplicate-key', 'an object of the event has a key twice'), index, span };
  }
  const exact = measure.inexact ? parseExactly(body.toString('utf8', range.start, range.end)) : value;
  return itemOf(exact, index, span, reader);
}

/** The value has been measured. */
export function itemOf(value: JsonValue, index: number, span: Span, reader: ItemReader): RequestItem {
  if (!isJsonObject(value))
    return { ...refuse('not-an-object', `the event is ${kindOf(value)}`), index, span };
  const format = reader.formatOf(value);
  if (typeof format !== 'number') return { ...format, index, span };
  return { kind: 'event', index, format, event: value, oddText: reader.oddText, span };
}

export function kindOf(value: JsonValue): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `a ${typeof value}`;
}
