import { schemaFingerprint } from '../avro/fingerprint.ts';
import { eventSchema } from '../avro/schema.ts';
import { singleObjectHeader } from '../avro/single-object.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Fix } from '../catalogue/fix.ts';
import type { Rules } from '../catalogue/rules.ts';
import type { Upgrade } from '../catalogue/upgrade.ts';
import { upgrade1To2 } from '../formats/format-1/upgrade-1-to-2.ts';
import { upgrade2To3 } from '../formats/format-2/upgrade-2-to-3.ts';
import { upgrade3To4 } from '../formats/format-3/upgrade-3-to-4.ts';
import { timeQualities } from '../model/event.ts';
import type { FastRead, FastRecord, FastWay, FormatNumber, RequestContext } from '../model/request.ts';
import { correctTime } from '../normalise/correct-time.ts';
import { writeBytes, writeDouble, writeLong } from './avro-sink.ts';
import { anything, FixGuard, type FixesFor } from './fix-guard.ts';
import { formatShapes, type FormatShape } from './format-shapes.ts';
import { inheritedFrom, nothingInherited, type Inherited } from './inherited.ts';
import { PropertyBytes } from './property-bytes.ts';
import { readTime } from './read-time.ts';
import { found, readNumber } from './read-number.ts';
import { requestBytes, writeNull, writeOptionalLong } from './request-bytes.ts';
import type { AddedByFilter, RequestBytes } from './request-bytes.ts';
import { EventScan } from './scan-event.ts';
import { bitOf, slot } from './slots.ts';
import { hexDigits } from './write-escaped.ts';

/** What the events of one array, or the lines of one body, have in common. */
interface FastEvents {
  readonly context: RequestContext;
  readonly added: AddedByFilter;
  readonly shape: FormatShape;
  readonly inherited: Inherited;
}

const header = singleObjectHeader(schemaFingerprint(eventSchema));
const slabBytes = 256 * 1024;
/** Of everything that has no length of its own. */
const fixedBytes = 512;
const screenMax = 100_000;
const eventTypeBytesMax = 128;
/** As text. */
const uuidBytes = 36;

/**
 * From the bytes of a healthy event in JSON straight to its Avro record: one pass over the bytes, no string,
 * no object. What is not healthy, or not plain, it leaves to the general path, which alone says what becomes
 * of an event. A property test holds the two equal, byte for byte.
 *
 * One encoder serves a thread.
 */
export class FastEncoder {
  readonly #shapes: ReadonlyMap<FormatNumber, FormatShape>;
  readonly #rules: Rules;
  readonly #guard: FixGuard;
  readonly #scan: EventScan;
  #slab = Buffer.allocUnsafeSlow(slabBytes);
  #used = 0;

  constructor(catalogue: Catalogue, fixes: readonly Fix[], fixesFor: FixesFor) {
    this.#shapes = shapesOf(catalogue);
    this.#rules = catalogue.rules;
    this.#guard = new FixGuard(fixes, fixesFor);
    const { limits } = catalogue;
    this.#scan = new EventScan(limits, new PropertyBytes(limits, this.#guard.watched));
  }

  /** The fast way for the events of one request. */
  way(context: RequestContext, added: AddedByFilter): FastWay {
    return (number, shared) => {
      const shape = this.#shapes.get(number);
      if (shape === undefined) return null;
      const inherited = shared === null ? nothingInherited : inheritedFrom(shared, shape.numericTimes);
      return inherited === null ? null : this.#reader({ context, added, shape, inherited });
    };
  }

  #reader(events: FastEvents): FastRead {
    let bytes: RequestBytes | null = null;
    return (body, start, end, index) => {
      if (!this.#reads(events, body, start, end)) return null;
      bytes ??= requestBytes(events.context, events.added);
      return this.#encode(events, bytes, body, end - start, index);
    };
  }

  /** Reads the event into the scan. False: the general path has to judge it. */
  #reads({ shape, inherited }: FastEvents, body: Buffer, start: number, end: number): boolean {
    const scan = this.#scan;
    return scan.scan(shape, body, start, end) && hasNeeded(scan) && this.#isUntouched(shape, inherited, body);
  }

  #encode(
    events: FastEvents,
    bytes: RequestBytes,
    body: Buffer,
    length: number,
    index: number,
  ): FastRecord | null {
    this.#makeRoom(length + bytes.bytes.length + (events.inherited.client?.length ?? 0));
    const client = this.#writeClientFields(events, body);
    const end = client === -1 ? -1 : this.#writeServerFields(events, bytes, body, index, client);
    if (end === -1) return null;
    const record = { encoded: this.#slab.subarray(this.#used, end), contentEnd: client - this.#used };
    this.#used = end;
    return record;
  }

  /** No fix applies to it. */
  #isUntouched({ format }: FormatShape, inherited: Inherited, body: Buffer): boolean {
    const scan = this.#scan;
    const isOwn = inherited.client === null || (scan.seen & bitOf(slot.client)) !== 0;
    const name = isOwn ? textOf(scan, body, slot.name) : inherited.name;
    const version = isOwn ? textOf(scan, body, slot.version) : inherited.version;
    const mask = this.#guard.mask(name, version, format.number);
    return mask !== anything && (mask & scan.properties.watchedSeen) === 0;
  }

  #makeRoom(bytes: number): void {
    const most = fixedBytes + 2 * bytes + this.#scan.properties.end;
    if (this.#slab.length - this.#used >= most) return;
    this.#slab = Buffer.allocUnsafeSlow(Math.max(slabBytes, most));
    this.#used = 0;
  }

  /** @returns the position after the last field that comes from the client, or -1. */
  #writeClientFields({ inherited }: FastEvents, body: Buffer): number {
    const to = this.#slab;
    const scan = this.#scan;
    let at = this.#used;
    for (let i = 0; i < header.length; i++) to[at++] = header[i]!;
    at = writeId(to, at, body, scan.starts[slot.id]!);
    if (at === -1) return -1;
    at = writeBytes(to, at, body, scan.starts[slot.type]!, scan.ends[slot.type]!);
    at = writeSlot(to, at, body, scan, slot.time);
    at = writeClient(to, at, body, scan, inherited);
    at = writeSlot(to, at, body, scan, slot.user);
    at = writeSlot(to, at, body, scan, slot.device);
    at = writeSlot(to, at, body, scan, slot.session);
    at = writeScreen(to, at, body, scan);
    if (at !== -1) at = writeLocation(to, at, body, scan);
    if (at === -1) return -1;
    return writeProperties(to, at, scan.properties);
  }

  /** @returns the end of the record. */
  #writeServerFields(
    { context, shape, inherited }: FastEvents,
    { bytes, tenantEnd, receivedEnd, originEnd }: RequestBytes,
    body: Buffer,
    index: number,
    start: number,
  ): number {
    const to = this.#slab;
    const scan = this.#scan;
    const ownSent = (scan.seen & bitOf(slot.sent)) !== 0;
    const sentMs = (ownSent ? timeOf(scan, body, slot.sent) : inherited.sentMs) ?? context.sentAtMs;
    const receivedMs = context.receivedAtMs;
    const time = correctTime({ occurredMs: timeOf(scan, body, slot.time), sentMs, receivedMs }, this.#rules);
    bytes.copy(to, start, 0, tenantEnd);
    let at = start + tenantEnd;
    at = writeLong(to, at, shape.format.number);
    at = writeLong(to, at, time.occurredMs);
    at = writeOptionalLong(to, at, sentMs);
    for (let i = tenantEnd; i < receivedEnd; i++) to[at++] = bytes[i]!;
    at = writeLong(to, at, timeQualities.indexOf(time.quality));
    bytes.copy(to, at, receivedEnd, originEnd);
    at += originEnd - receivedEnd;
    at = writeLong(to, at, index);
    for (let i = originEnd; i < bytes.length; i++) to[at++] = bytes[i]!;
    return at;
  }
}

/** Those formats of the catalogue that are the built-in ones, with the built-in ways to the current one. */
function shapesOf({ formats, upgrades }: Catalogue): ReadonlyMap<FormatNumber, FormatShape> {
  const builtIn: readonly Upgrade[] = [upgrade1To2, upgrade2To3, upgrade3To4];
  const isBuiltIn = (from: number): boolean => upgrades.some((upgrade) => upgrade === builtIn[from - 1]);
  const known = formatShapes.filter(({ format }) => {
    if (!formats.includes(format)) return false;
    for (let from = format.number; from < 4; from++) if (!isBuiltIn(from)) return false;
    return true;
  });
  return new Map(known.map((shape) => [shape.format.number, shape]));
}

/** What a healthy event has: an id, a type, and both sides of what has two. */
function hasNeeded({ starts, ends, filled }: EventScan): boolean {
  const typeBytes = ends[slot.type]! - starts[slot.type]!;
  if (starts[slot.id] === -1 || ends[slot.id]! - starts[slot.id]! !== uuidBytes) return false;
  if (starts[slot.type] === -1 || typeBytes > eventTypeBytesMax) return false;
  return (
    (!has(filled, slot.screen) || (has(filled, slot.width) && has(filled, slot.height))) &&
    (!has(filled, slot.location) || (has(filled, slot.lat) && has(filled, slot.lon)))
  );
}

function has(bits: number, of: number): boolean {
  return (bits & bitOf(of)) !== 0;
}

function textOf({ starts, ends }: EventScan, body: Buffer, of: number): string | null {
  const start = starts[of]!;
  return start === -1 ? null : body.toString('utf8', start, ends[of]);
}

function timeOf({ starts, ends }: EventScan, body: Buffer, of: number): number | null {
  const start = starts[of]!;
  return start === -1 ? null : readTime(body, start, ends[of]!);
}

/** @returns -1 for what is no UUID, and for the nil UUID. */
function writeId(to: Buffer, start: number, body: Buffer, textAt: number): number {
  let at = start;
  let any = 0;
  for (let i = 0; i < 36; i += 2) {
    if (i === 8 || i === 13 || i === 18 || i === 23) {
      if (body[textAt + i] !== 0x2d) return -1;
      i++;
    }
    const high = hexDigits[body[textAt + i]!]!;
    const low = hexDigits[body[textAt + i + 1]!]!;
    if ((high | low) < 0) return -1;
    any |= high | low;
    to[at++] = (high << 4) | low;
  }
  return any === 0 ? -1 : at;
}

function writeSlot(to: Buffer, start: number, body: Buffer, { starts, ends }: EventScan, of: number): number {
  const from = starts[of]!;
  if (from === -1) return writeNull(to, start);
  to[start] = 2;
  return writeBytes(to, start + 1, body, from, ends[of]!);
}

function writeClient(
  to: Buffer,
  start: number,
  body: Buffer,
  scan: EventScan,
  { client }: Inherited,
): number {
  if (client !== null && !has(scan.seen, slot.client)) {
    client.copy(to, start);
    return start + client.length;
  }
  let at = start;
  for (let of: number = slot.name; of <= slot.locale; of++) at = writeSlot(to, at, body, scan, of);
  return at;
}

function writeScreen(to: Buffer, start: number, body: Buffer, scan: EventScan): number {
  let width = scan.numbers[slot.width]!;
  let height = scan.numbers[slot.height]!;
  const textAt = scan.starts[slot.screenText]!;
  if (textAt !== -1) {
    const end = scan.ends[slot.screenText]!;
    let cross = textAt;
    while (cross < end && body[cross] !== 0x78) cross++;
    width = pixels(body, textAt, cross);
    height = pixels(body, cross + 1, end);
  } else if (!has(scan.filled, slot.screen)) return writeNull(to, start);
  if (!(isSide(width) && isSide(height))) return -1;
  to[start] = 2;
  return writeLong(to, writeLong(to, start + 1, width), height);
}

function isSide(value: number): boolean {
  return Number.isInteger(value) && value > 0 && value <= screenMax;
}

/** Up to six digits, or 0, which is no size. */
function pixels(body: Buffer, start: number, end: number): number {
  if (end <= start || end - start > 6) return 0;
  let value = 0;
  for (let at = start; at < end; at++) {
    const byte = body[at]!;
    if (byte < 0x30 || byte > 0x39) return 0;
    value = value * 10 + byte - 0x30;
  }
  return value;
}

function writeLocation(to: Buffer, start: number, body: Buffer, scan: EventScan): number {
  let lat = scan.numbers[slot.lat]!;
  let lon = scan.numbers[slot.lon]!;
  const isText = scan.starts[slot.latText] !== -1;
  if (isText !== (scan.starts[slot.lonText] !== -1)) return -1;
  if (isText) {
    lat = degrees(body, scan, slot.latText);
    lon = degrees(body, scan, slot.lonText);
  } else if (!has(scan.filled, slot.location)) return writeNull(to, start);
  if (!(Math.abs(lat) <= 90 && Math.abs(lon) <= 180)) return -1;
  to[start] = 2;
  const at = writeDouble(to, writeDouble(to, start + 1, lat), lon);
  return writeSlot(to, at, body, scan, slot.source);
}

/** NaN for what format 1 does not take, or writes with more digits than usual. */
function degrees(body: Buffer, { starts, ends }: EventScan, of: number): number {
  const end = ends[of]!;
  readNumber(body, starts[of]!, end, 20);
  return found.end === end && !found.isText ? found.value : Number.NaN;
}

function writeProperties(to: Buffer, start: number, properties: PropertyBytes): number {
  if (properties.count === 0) return writeNull(to, start);
  const at = writeLong(to, start, properties.count);
  properties.bytes.copy(to, at, 0, properties.end);
  return writeNull(to, at + properties.end);
}
