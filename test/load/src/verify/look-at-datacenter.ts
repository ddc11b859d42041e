import { eventIdPosition, rawHeaders } from '@penstock/events';
import { openCluster, readTopic } from '@penstock/kafka';
import type { RecordView } from '@penstock/kafka';
import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib';
import type { Ledger } from '../ledger.ts';
import { idsIn, indexOfEventId } from '../plan/event-ids.ts';
import { DatacenterSightings } from './datacenter-sightings.ts';

export interface DatacenterTopics {
  raw: string;
  clean: string;
  rejected: string;
}

/** For a whole partition. */
const timeoutMs = 600_000;
const bodyBytesMax = 64 * 1024 * 1024;

/** Reads the topics of the datacenter and notes which events of the run are in them. */
export async function lookAtDatacenter(
  ledger: Ledger,
  bootstrap: string[],
  topics: DatacenterTopics,
): Promise<DatacenterSightings> {
  const { seed, events } = ledger.header;
  const sightings = new DatacenterSightings(events);
  await using cluster = await openCluster({ bootstrap, clientId: 'penstock-verify' });
  const read = (topic: string, visit: (record: RecordView) => void): Promise<void> =>
    readTopic(cluster, topic, visit, { timeoutMs });
  await read(topics.raw, (record) => {
    for (const event of idsIn(seed, bodyOf(record))) sightings.raw(event);
  });
  await read(topics.clean, ({ value }) => {
    const event = value === null ? -1 : indexOfEventId(seed, idOf(value));
    if (value !== null && event >= 0) sightings.clean(event, value);
  });
  await read(topics.rejected, (record) => {
    for (const event of idsIn(seed, bodyOf(record))) sightings.rejected(event);
  });
  return sightings;
}

export function idOf(value: Buffer): Buffer {
  return value.subarray(eventIdPosition, eventIdPosition + 16);
}

const decoders: Record<string, (body: Buffer) => Buffer> = {
  gzip: (body) => gunzipSync(body, { maxOutputLength: bodyBytesMax }),
  zstd: (body) => zstdDecompressSync(body, { maxOutputLength: bodyBytesMax }),
  br: (body) => brotliDecompressSync(body, { maxOutputLength: bodyBytesMax }),
  deflate: (body) => inflateSync(body, { maxOutputLength: bodyBytesMax }),
};

/** As the client wrote it. What cannot be decoded is not of this run. */
export function bodyOf(record: RecordView): Buffer {
  const body = record.value ?? Buffer.alloc(0);
  const encoding = record
    .headers()
    .find(([name]) => name === rawHeaders.contentEncoding)?.[1]
    ?.toString();
  const decode = encoding === undefined ? undefined : decoders[encoding];
  try {
    return decode ? decode(body) : body;
  } catch {
    return body; // rejected records may hold an event that is decoded already
  }
}
