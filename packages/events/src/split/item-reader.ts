import type { Format } from '../catalogue/format.ts';
import type { Limits } from '../catalogue/limits.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../model/json.ts';
import { refuse, type Refusal } from '../model/reasons.ts';
import type { FastRead, FastWay, FormatNumber, RequestItem, Span } from '../model/request.ts';
import { sniffFormat } from './sniff-format.ts';

/** What all splitters of one request share. */
export interface Splitter {
  readonly formats: readonly Format[];
  readonly limits: Limits;
  /** The route's format, null without one. */
  readonly hinted: Format | null;
  readonly fast: FastWay | undefined;
}

/** The fast way for events without an envelope. Their format must be known before they are read. */
export function fastRead({ fast, hinted }: Splitter): FastRead | null {
  return fast === undefined || hinted === null ? null : fast(hinted.number, null);
}

/** The item that a parsed value makes. */
export function itemOf(
  value: JsonValue,
  oddText: boolean,
  index: number,
  span: Span,
  format: FormatNumber | Splitter,
): RequestItem {
  if (!isJsonObject(value))
    return refusedItem(refuse('not-an-object', `it is ${kindOf(value)}`), index, span);
  const number = typeof format === 'number' ? format : formatOf(value, format);
  if (typeof number !== 'number') return refusedItem(number, index, span);
  return { kind: 'event', index, format: number, event: value, oddText, span };
}

export function refusedItem(refusal: Refusal, index: number, span: Span): RequestItem {
  return { ...refusal, index, span };
}

/** By the route's hint, else by the shape. */
function formatOf(event: JsonObject, { hinted, formats }: Splitter): FormatNumber | Refusal {
  const format = hinted ?? sniffFormat(event, formats);
  return 'reason' in format ? format : format.number;
}

export function kindOf(value: JsonValue): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `a ${typeof value}`;
}
