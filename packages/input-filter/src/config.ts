import { ipPrivacies } from '@penstock/events';
import {
  bytes,
  chassisKnobs,
  durationMs,
  filterTopicKnobs,
  flag,
  integer,
  kafkaKnobs,
  kafkaProblems,
  list,
  oneOf,
  text,
  type ConfigOf,
} from '@penstock/service';
import { hostname } from 'node:os';
import { embeddedDatabases } from './geo/embedded-databases.ts';

const mib = 1024 * 1024;

export const prefix = 'PENSTOCK_FILTER_';

/** The service and its command line share these. */
export const knobs = {
  ...chassisKnobs(prefix, 9102),
  kafka: kafkaKnobs('input-filter'),
  topics: filterTopicKnobs.topics,
  group: text('PENSTOCK_FILTER_GROUP', {
    why: 'Consumer group that all filters of a datacenter share.',
    pattern: /^[A-Za-z0-9._-]{1,128}$/,
    default: 'input-filter',
  }),
  instance: text('PENSTOCK_FILTER_INSTANCE', {
    why:
      'Name of this process among the filters. Keep it over restarts, and never give it to two processes: ' +
      'its transactional ids are made of it. The host name when not set.',
    pattern: /^[A-Za-z0-9._-]{1,128}$/,
    optional: true,
  }),
  threads: integer('PENSTOCK_FILTER_THREADS', {
    why: 'Worker threads, each with its own partitions. One per core that the filter may use.',
    min: 1,
    max: 64,
    default: 1,
  }),
  commitIntervalMs: durationMs('PENSTOCK_FILTER_COMMIT_INTERVAL_MS', {
    why: 'How long a transaction collects while the filter keeps up: most of the latency that it adds.',
    min: 10,
    max: 5_000,
    default: 200,
  }),
  commitIntervalMaxMs: durationMs('PENSTOCK_FILTER_COMMIT_INTERVAL_MAX_MS', {
    why: 'The same while the filter is behind, for fewer and larger transactions.',
    min: 10,
    max: 5_000,
    default: 1_000,
  }),
  commitBytes: bytes('PENSTOCK_FILTER_COMMIT_BYTES', {
    why: 'Output of one thread, before compression, after which it commits early. One request may exceed it.',
    min: 65_536,
    max: 256 * mib,
    default: 16 * mib,
  }),
  transactionTimeoutMs: durationMs('PENSTOCK_FILTER_TRANSACTION_TIMEOUT_MS', {
    why: 'How long a dead filter holds back the readers of clean, before the broker aborts its transaction.',
    min: 6_000,
    max: 60_000,
    default: 10_000,
  }),
  batchBytes: filterTopicKnobs.batchBytes,
  compression: oneOf('PENSTOCK_FILTER_COMPRESSION', ['none', 'gzip', 'snappy', 'lz4', 'zstd'], {
    why:
      'How output batches are compressed. The Mirror passes them on as they are, so it decides the bytes ' +
      'between datacenters too. zstd (level 1) leaves a quarter of JSON events.',
    default: 'zstd',
  }),
  bodyBytesMax: bytes('PENSTOCK_FILTER_BODY_BYTES_MAX', {
    why: 'Largest body after decompression. A larger one is rejected whole.',
    min: 1_024,
    max: 256 * mib,
    default: 16 * mib,
  }),
  dedupWindowMs: filterTopicKnobs.dedupWindowMs,
  dedupIdsMax: integer('PENSTOCK_FILTER_DEDUP_IDS_MAX', {
    why:
      'Ids remembered at most for each partition, at 32 bytes each. The newest half is remembered whatever ' +
      'its age. At least 2 x the events a second of the busiest partition x the seconds of the window; ' +
      'with fewer, the window is shorter (dedup_window_seconds).',
    min: 1_024,
    max: 2 ** 26,
    default: 2 ** 21,
  }),
  ipPrivacy: oneOf('PENSTOCK_FILTER_IP_PRIVACY', ipPrivacies, {
    why:
      'What becomes of client addresses after the GeoIP look-up, in clean and in rejected. truncate keeps ' +
      '/24 and /48.',
    default: 'truncate',
  }),
  geoipDatabases: list('PENSTOCK_FILTER_GEOIP_DATABASES', {
    why:
      'GeoIP files (.mmdb, or .csv of networks); the first that knows a field wins. Reloaded on change. ' +
      "'none': no GeoIP. The embedded ones when not set: DB-IP City Lite for places, and Route Views with " +
      'DB-IP ASN Lite for networks.',
    optional: true,
  }),
  geoipCheckIntervalMs: durationMs('PENSTOCK_FILTER_GEOIP_CHECK_INTERVAL_MS', {
    why: 'How often the GeoIP files are looked at for changes.',
    min: 100,
    max: 86_400_000,
    default: 30_000,
  }),
  catalogue: text('PENSTOCK_FILTER_CATALOGUE', {
    why: 'A TypeScript file with a catalogue of your own (docs/catalogue.md). The built-in one when not set.',
    lengthMax: 4_096,
    optional: true,
  }),
  validate: flag('PENSTOCK_FILTER_VALIDATE', {
    why:
      'Whether POST /validate on the operations listener says what the rules make of a body ' +
      '(docs/validate.md). It stores nothing, but shows the rules to whoever reaches that listener.',
    default: false,
  }),
  disabledFixes: list('PENSTOCK_FILTER_DISABLED_FIXES', {
    why: 'Ids of client fixes that are switched off, e.g. after one turned out wrong.',
    pattern: /^[a-z0-9-]+$/,
    optional: true,
  }),
};

export type FilterConfig = ConfigOf<typeof knobs>;

const { kafka: _, ...brokerless } = knobs;

/** For what needs no broker: the knobs of Kafka are not even looked at. */
export const knobsWithoutKafka = brokerless;

export type ConfigWithoutKafka = ConfigOf<typeof knobsWithoutKafka>;

export function instanceOf(config: FilterConfig): string {
  return config.instance ?? hostname();
}

export function geoipPathsOf(config: FilterConfig): readonly string[] {
  return config.geoipDatabases?.filter((path) => path !== 'none') ?? embeddedDatabases();
}

/** Rules over several knobs. */
export function checkConfig(config: FilterConfig): string[] {
  return [...kafkaProblems(config.kafka), ...checkWithoutKafka(config)];
}

export function checkWithoutKafka(config: ConfigWithoutKafka): string[] {
  const problems: string[] = [];
  const names = Object.values(config.topics);
  if (new Set(names).size < names.length) problems.push('the topics must be four different ones');
  if (config.commitIntervalMaxMs < config.commitIntervalMs) {
    problems.push('PENSTOCK_FILTER_COMMIT_INTERVAL_MAX_MS is below PENSTOCK_FILTER_COMMIT_INTERVAL_MS');
  }
  if (config.commitIntervalMaxMs * 2 > config.transactionTimeoutMs) {
    problems.push(
      'PENSTOCK_FILTER_TRANSACTION_TIMEOUT_MS must be at least twice the longest commit interval',
    );
  }
  return problems;
}
