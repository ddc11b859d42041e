import { rawHeaders, rejectedHeaders } from '@penstock/events';
import type { OutgoingRecord } from '@penstock/kafka';
import { hash } from 'node:crypto';
import { headerTexts, type HeaderTexts, type RawRecord } from '../request/raw-request.ts';

/** A rejected record as a record of raw. */
export interface ReplayedRecord {
  readonly record: OutgoingRecord;
  /** 16 bytes that say what it holds; see `identityOf`. */
  readonly identity: Buffer;
}

/**
 * The request that a rejected record holds, as a Receiver would write it: the original bytes and headers, so
 * that every time in its events stays as it was.
 *
 * Its own timestamp is now, because retention goes by it: what was received long ago would be deleted before
 * the filter has read it.
 *
 * @param headers of the rejected record.
 * @returns undefined for an event that was kept without its envelope: it may lack what it inherited, and
 *   would become another event.
 */
export function replayedRecord(
  rejected: RawRecord,
  headers: HeaderTexts,
  nowMs: number,
): ReplayedRecord | undefined {
  const kept = headers.get(rejectedHeaders.kept);
  if (kept === 'without-envelope') return undefined;
  const raw = new Map<string, string>();
  for (const [name, value] of headers) if (!left.has(name)) raw.set(name, value);
  const index = headers.get(rejectedHeaders.index);
  if (kept === 'whole-request' && index !== undefined) raw.set(rawHeaders.onlyIndex, index);
  const identity = identityOf(raw, rejected.value);
  raw.set(rawHeaders.replays, String(Number(headers.get(rawHeaders.replays) ?? 0) + 1));
  // Views of what was fetched: the batch that they go into copies them.
  const record = { key: rejected.key, value: rejected.value, headers: [...raw], timestampMs: nowMs };
  return { record, identity };
}

/** Where a replayed record of raw was rejected; undefined for one that a Receiver wrote. */
export function sourceOf(record: RawRecord): { partition: number; offset: bigint } | undefined {
  const headers = headerTexts(record);
  if (!headers.has(rawHeaders.replays)) return undefined;
  const offset = headers.get(rejectedHeaders.sourceOffset) ?? '';
  const partition = headers.get(rejectedHeaders.sourcePartition) ?? '';
  if (!/^\d{1,18}$/.test(offset) || !/^\d{1,9}$/.test(partition)) return undefined;
  return { partition: Number(partition), offset: BigInt(offset) };
}

/**
 * What makes two rejected records the same thing: the body, whatever says how to read it, and whatever tells
 * people apart in events without an id. A client that sends a bad request three times leaves three rejected
 * records of one identity, and only one of them may be replayed. What a record became after it was replayed
 * is another thing again (`replays`), which may be replayed after the next fix.
 */
function identityOf(raw: ReadonlyMap<string, string>, body: Uint8Array | null): Buffer {
  const said = JSON.stringify(telling.map((name) => raw.get(name) ?? null));
  const identity = Buffer.concat([Buffer.from(`${said}\n`), body ?? new Uint8Array(0)]);
  return Buffer.from(hash('sha1', identity, 'hex').slice(0, 32), 'hex');
}

const telling = [
  rawHeaders.tenant,
  rawHeaders.formatHint,
  rawHeaders.contentType,
  rawHeaders.contentEncoding,
  rawHeaders.clientIp,
  rawHeaders.userAgent,
  rawHeaders.onlyIndex,
  rawHeaders.replays,
];

/** Said of the rejection, not of the request. Where it came from stays, for whoever looks at raw. */
const left: ReadonlySet<string> = new Set([
  rejectedHeaders.reason,
  rejectedHeaders.stage,
  rejectedHeaders.rule,
  rejectedHeaders.detail,
  rejectedHeaders.index,
  rejectedHeaders.kept,
]);
