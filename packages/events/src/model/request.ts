import type { FormatHint } from './raw-headers.ts';
import type { JsonObject } from './json.ts';
import type { Refusal } from './reasons.ts';

/** The formats that Penstock ships with. */
export type BuiltInFormat = 1 | 2 | 3 | 4;

/** 1 to 4, or one of a deployer's own: `ownFormats.first` to `ownFormats.last`. */
export type FormatNumber = number;

/** Where an item's bytes lie in its request body: see `bytesOfItem`. */
export type Span =
  | { readonly kind: 'whole' }
  /** A line of NDJSON, a record of Avro. */
  | { readonly kind: 'range'; readonly start: number; readonly end: number }
  /** An element of an array, whose brackets are at `open` and `close`. */
  | {
      readonly kind: 'element';
      readonly start: number;
      readonly end: number;
      readonly open: number;
      readonly close: number;
    };

/** One event, parsed and otherwise exactly as its client wrote it. */
export interface RawEvent {
  readonly kind: 'event';
  /** Its position among the events of the request, from 0. */
  readonly index: number;
  readonly format: FormatNumber;
  readonly event: JsonObject;
  /**
   * False when no string of the event can hold NUL or half a surrogate pair, which saves a search for them.
   */
  readonly oddText: boolean;
  /** Text that was not UTF-8 had to be repaired to read the event at all. */
  readonly repairedText?: true;
  readonly span: Span;
}

/** One event that could not be parsed; the others of its request are not affected. */
export interface RefusedItem extends Refusal {
  readonly index: number;
  readonly span: Span;
}

export type RequestItem = RawEvent | RefusedItem;

/** One healthy event that went the fast way: its record is made, and nothing else of it exists. */
export interface EncodedItem {
  readonly kind: 'encoded';
  readonly index: number;
  readonly span: Span;
  readonly record: FastRecord;
}

export interface FastRecord {
  /** Shares its memory with other records: do not keep it for long. */
  readonly encoded: Buffer;
  /** The position after the last field that comes from the client: see `contentHash`. */
  readonly contentEnd: number;
}

/**
 * Makes the record of the event in the body from `start` to `end`, which is UTF-8; null when the general path
 * has to judge it.
 */
export type FastRead = (body: Buffer, start: number, end: number, index: number) => FastRecord | null;

/**
 * The fast way for events of a format, which inherit what is shared in their envelope. Null when there is
 * none.
 */
export type FastWay = (format: FormatNumber, shared: JsonObject | null) => FastRead | null;

/** A request that cannot be split is refused as a whole, and counts as one event. */
export interface RefusedRequest {
  readonly kind: 'refused';
  readonly refusal: Refusal;
}

/** There is no item yet, but the caller may look at its clock. */
export interface Working {
  readonly kind: 'working';
}

/**
 * What one step of splitting gives. A request of n events gives n items, in order, or a single
 * RefusedRequest and no item.
 */
export type SplitStep = RequestItem | EncodedItem | RefusedRequest | Working;

/**
 * Splits a body lazily. Every step does a bounded amount of work, whatever the bytes are, and keeps nothing
 * of the items before it. Never throws because of the bytes. The body must not change until the last step.
 * @param fast tried for each event first. Without it no item is an EncodedItem.
 */
export type SplitSteps = (
  body: Uint8Array,
  hint: FormatHint | null,
  contentType: string | null,
  fast?: FastWay,
) => Generator<SplitStep, void>;

/** All items of a request at once, or why it is refused as a whole. */
export type SplitRequest = { readonly kind: 'events'; readonly items: readonly RequestItem[] } | Refusal;

export type SplitFunction = (
  body: Uint8Array,
  hint: FormatHint | null,
  contentType: string | null,
) => SplitRequest;

/** What the raw record says about the request, whatever the format of its events. */
export interface RequestContext {
  readonly tenant: string;
  readonly receivedAtMs: number;
  /**
   * When the client says it sent the request (raw header sent-at), for events without a send time of their
   * own.
   */
  readonly sentAtMs: number | null;
  readonly userAgent: string | null;
  /** The client's whole address. Only ids that are derived use it, and only as part of a hash. */
  readonly clientAddress?: string | null;
  readonly dc: string;
  readonly receiver: string;
  readonly requestId: string;
  readonly topic: string;
  readonly partition: number;
  /** The client's count of tries of this request (raw header attempt). */
  readonly attempt?: number | null;
  /** At most 2^53 - 1. */
  readonly offset: number;
}
