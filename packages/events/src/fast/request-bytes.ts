import type { Event } from '../model/event.ts';
import type { RequestContext } from '../model/request.ts';
import { writeDouble, writeLong, writeText } from './avro-sink.ts';

/** What the Input Filter adds to each event of a request. */
export interface AddedByFilter {
  /** Anonymised. */
  readonly ip: string | null;
  readonly geo: Event['geo'];
  /** To be listed among the fixes of each event. */
  readonly marks: readonly string[];
}

/** The parts of a record that all events of a request share, as they stand in it. */
export interface RequestBytes {
  readonly bytes: Buffer;
  /** Ends of the parts: tenant; received_at; net, geo, fixes and origin up to the offset; attempt. */
  readonly tenantEnd: number;
  readonly receivedEnd: number;
  readonly originEnd: number;
}

/** Written anew for each request, and grown when one has long headers. */
let scratch = Buffer.allocUnsafeSlow(4_096);

export function requestBytes(context: RequestContext, added: AddedByFilter): RequestBytes {
  const most = bytesMax(context, added);
  if (scratch.length < most) scratch = Buffer.allocUnsafeSlow(2 * most);
  const to = scratch;
  const tenantEnd = writeText(to, 0, context.tenant);
  const receivedEnd = writeLong(to, tenantEnd, context.receivedAtMs);
  let at = writeOptional(to, receivedEnd, added.ip);
  at = writeOptional(to, at, context.userAgent);
  at = writeGeo(to, at, added.geo);
  at = writeMarks(to, at, added.marks);
  at = writeText(to, at, context.dc);
  at = writeText(to, at, context.receiver);
  at = writeText(to, at, context.requestId);
  at = writeText(to, at, context.topic);
  at = writeLong(to, at, context.partition);
  const originEnd = writeLong(to, at, context.offset);
  at = writeOptionalLong(to, originEnd, context.attempt ?? null);
  return { bytes: Buffer.from(to.subarray(0, at)), tenantEnd, receivedEnd, originEnd };
}

/** UTF-8 takes at most three bytes for a UTF-16 unit. */
function bytesMax(context: RequestContext, { ip, geo, marks }: AddedByFilter): number {
  const { tenant, userAgent, dc, receiver, requestId, topic } = context;
  const texts = [tenant, userAgent, dc, receiver, requestId, topic, ip, ...marks];
  if (geo !== null) texts.push(geo.country, geo.region, geo.city, geo.as_org, geo.database);
  return texts.reduce((sum, text) => sum + 3 * (text?.length ?? 0) + 12, 200);
}

function writeGeo(to: Buffer, start: number, geo: Event['geo']): number {
  if (geo === null) return writeNull(to, start);
  let at = start;
  to[at++] = 2;
  at = writeOptional(to, at, geo.country);
  at = writeOptional(to, at, geo.region);
  at = writeOptional(to, at, geo.city);
  at = writeOptionalDouble(to, at, geo.lat);
  at = writeOptionalDouble(to, at, geo.lon);
  at = writeOptionalLong(to, at, geo.asn);
  at = writeOptional(to, at, geo.as_org);
  return writeOptional(to, at, geo.database);
}

function writeMarks(to: Buffer, start: number, marks: readonly string[]): number {
  let at = start;
  if (marks.length > 0) at = writeLong(to, at, marks.length);
  for (const mark of marks) at = writeText(to, at, mark);
  return writeNull(to, at);
}

export function writeOptional(to: Buffer, start: number, text: string | null): number {
  if (text === null) return writeNull(to, start);
  to[start] = 2;
  return writeText(to, start + 1, text);
}

export function writeOptionalLong(to: Uint8Array, start: number, value: number | null): number {
  if (value === null) return writeNull(to, start);
  to[start] = 2;
  return writeLong(to, start + 1, value);
}

function writeOptionalDouble(to: Uint8Array, start: number, value: number | null): number {
  if (value === null) return writeNull(to, start);
  to[start] = 2;
  return writeDouble(to, start + 1, value);
}

/** The first branch of a union, or the end of an array. */
export function writeNull(to: Uint8Array, start: number): number {
  to[start] = 0;
  return start + 1;
}
