/**
 * What one event costs between the fetched batch and the encoded output batch, without network and
 * compression: `node_modules/.bin/node packages/input-filter/test/measure-filter.ts [format ...]`. Events of
 * about 1.1 KB with 24 properties, GeoIP on. User CPU per event, the median of rounds that take turns; what
 * disturbs the machine disturbs all alike.
 */
import {
  builtInCatalogue,
  createPipeline,
  sampleBody,
  sampleEvent,
  sampleUuid,
  seededRandom,
  type BuiltInFormat,
  type JsonObject,
  type Pipeline,
} from '@penstock/events';
import { encodeBatch, type Fetched } from '@penstock/kafka';
import { DedupWindow } from '../src/dedup/dedup-window.ts';
import { embeddedDatabases } from '../src/geo/embedded-databases.ts';
import { loadGeoFile } from '../src/geo/geo-file.ts';
import { GeoLookup } from '../src/geo/geo-lookup.ts';
import { DuplicateSamples } from '../src/partition/duplicate-samples.ts';
import { OutputBudget } from '../src/partition/output-budget.ts';
import { OwnedPartition } from '../src/partition/owned-partition.ts';
import { ReceiverClocks } from '../src/partition/receiver-clocks.ts';
import { LargeBodies } from '../src/request/large-bodies.ts';
import { filterTopics } from '../src/topics.ts';
import { rawRecord } from './raw-records.ts';

const rounds = Number(process.env.ROUNDS ?? 41);
const eventsPerRound = 2_000;
const propertyCount = 24;
const nowMs = Date.now();
const geoFiles = await Promise.all(embeddedDatabases().map(loadGeoFile));
const formats = process.argv.slice(2).map(Number).filter(isFormat);

interface Contender {
  readonly title: string;
  readonly pipeline: Pipeline;
  readonly microseconds: number[];
}

for (const format of formats.length > 0 ? formats : ([1, 2, 3, 4] as const)) {
  for (const perRequest of [1, 50]) measure(format, perRequest);
}

function measure(format: BuiltInFormat, perRequest: number): void {
  const contenders: Contender[] = [
    { title: 'general', pipeline: createPipeline(builtInCatalogue, { fast: false }), microseconds: [] },
    { title: 'fast', pipeline: createPipeline(builtInCatalogue), microseconds: [] },
  ];
  for (let round = 0; round < rounds; round++) {
    const fetched = backlogOf(format, perRequest, round);
    for (const { pipeline, microseconds } of contenders) {
      const owned = start(pipeline);
      owned.backlog.add(fetched);
      const before = process.cpuUsage();
      while (owned.isBusy) owned.work(performance.now() + 10, () => undefined);
      owned.finish();
      const { user } = process.cpuUsage(before);
      const { clean } = owned.open.tally;
      if (clean !== eventsPerRound) throw new Error(`${clean} events are clean`);
      microseconds.push(user / eventsPerRound);
    }
  }
  const figures = contenders.map(({ title, microseconds }) => `${title} ${median(microseconds).toFixed(2)}`);
  process.stdout.write(`format ${format}, ${perRequest} a request: ${figures.join(', ')} us\n`);
}

function start(pipeline: Pipeline): OwnedPartition {
  const topics = filterTopics({ raw: 'raw', clean: 'clean', rejected: 'rejected', seen: 'seen' }, {});
  const window = new DedupWindow({ windowMs: 600_000, idsMax: 1 << 16 });
  const geo = new GeoLookup(geoFiles, { add: () => undefined });
  return new OwnedPartition(
    {
      partition: 0,
      topicId: 'id',
      offset: 0n,
      leaderEpoch: 0,
      streamTimeMs: 0,
      window,
      seenAccepted: null,
    },
    {
      topics,
      filter: { pipeline, geo, ipPrivacy: 'truncate', bodyBytesMax: 1 << 24 },
      output: { batchBytesMax: 900 * 1024, budget: new OutputBudget(1 << 30), send: () => undefined },
      largeBodies: new LargeBodies(2),
      samples: new DuplicateSamples({ info: () => undefined }),
      clocks: new ReceiverClocks({ add: () => undefined }, { warn: () => undefined }),
    },
  );
}

function backlogOf(format: BuiltInFormat, perRequest: number, seed: number): Fetched {
  const random = seededRandom(seed);
  const requests = Array.from({ length: eventsPerRound / perRequest }, (_, request) => {
    const events = Array.from({ length: perRequest }, () => eventOf(format, random));
    const clientIp = `81.2.${request % 256}.160`;
    return rawRecord({ ...sampleBody(format, events, nowMs), clientIp, receivedAtMs: nowMs });
  });
  const { bytes, count } = encodeBatch(requests);
  const end = BigInt(count);
  const batch = { bytes, baseOffset: 0n, lastOffset: end - 1n, firstOffset: 0n, count, leaderEpoch: 0 };
  return {
    topic: 'raw',
    partition: 0,
    batches: [{ ...batch, maxTimestampMs: nowMs }],
    lastEpoch: 0,
    bytes: bytes.length,
    ...{ nextOffset: end, highWatermark: end, lastStableOffset: end, logStartOffset: 0n },
    release: () => undefined,
    [Symbol.dispose]: () => undefined,
  };
}

/** Numbers, booleans and texts, as clients send them. */
function eventOf(format: BuiltInFormat, random: () => number): JsonObject {
  const event = sampleEvent(format, { eventId: sampleUuid(random), random, occurredAtMs: nowMs - 1_000 });
  const properties = format === 1 ? event : (event.properties as JsonObject);
  for (let n = 3; n < propertyCount; n++) {
    const text = `value ${Math.floor(random() * 1e12).toString(36)}`;
    const value = n % 4 === 0 ? Math.floor(random() * 1e6) : n % 7 === 0 ? random() < 0.5 : text;
    properties[`${format === 1 ? 'p_' : ''}property_${n}`] = format === 1 ? String(value) : value;
  }
  return event;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

function isFormat(value: number): value is BuiltInFormat {
  return value === 1 || value === 2 || value === 3 || value === 4;
}
