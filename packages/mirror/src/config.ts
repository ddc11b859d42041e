import { hostname } from 'node:os';
import {
  bytes,
  chassisKnobs,
  durationMs,
  integer,
  kafkaKnobs,
  kafkaProblems,
  list,
  oneOf,
  text,
  type ConfigOf,
} from '@penstock/service';
import { entryInWords, entrySyntax, exactNames, patternProblems } from './link/wanted-topics.ts';
import { linkPattern } from './names.ts';

export const prefix = 'PENSTOCK_MIRROR_';

const mebibyte = 1024 * 1024;

export const knobs = {
  ...chassisKnobs(prefix, 9473),
  source: kafkaKnobs('penstock-mirror', `${prefix}SOURCE_KAFKA_`),
  target: kafkaKnobs('penstock-mirror', `${prefix}TARGET_KAFKA_`),
  link: text(`${prefix}LINK`, {
    why: 'Names the link for its whole life: its ledger on the target is the topic mirror.<link>.',
    pattern: linkPattern,
    example: 'fra',
  }),
  instance: text(`${prefix}INSTANCE`, {
    why:
      'Names this process among those of its link. Keep it over restarts, so that the process gets ' +
      'its shards back at once. Two processes must not share it.',
    pattern: /^[A-Za-z0-9._-]{1,128}$/,
    default: hostname(),
  }),
  topics: list(`${prefix}TOPICS`, {
    why:
      'For "mirror init": source topics, by exact name, or by a pattern for the whole name, such as ' +
      '/events[.].*/ (without commas and slashes). "name:24" keeps 24 target partitions for a topic that ' +
      'will grow, or that does not exist yet. A mirror that runs names those that are new.',
    pattern: entrySyntax,
    inWords: entryInWords,
    default: ['events.clean'],
  }),
  topicsDenied: list(`${prefix}TOPICS_DENIED`, {
    why: 'What the patterns of TOPICS must not find, by exact names or patterns.',
    pattern: entrySyntax,
    inWords: entryInWords,
    default: [],
  }),
  naming: oneOf(`${prefix}NAMING`, ['identity', 'prefix'], {
    why:
      'For "mirror init": identity keeps the topic name, and each link has target partitions of its ' +
      'own. prefix names the target topic <link>.<topic>.',
    default: 'identity',
  }),
  targetCleanup: oneOf(`${prefix}TARGET_CLEANUP`, ['as-source', 'own'], {
    why:
      'Whether the target must keep copies as long as the source keeps the originals: cleanup.policy, ' +
      'retention, compaction lags and segments. "own": its settings are meant to differ.',
    default: 'as-source',
  }),
  shards: integer(`${prefix}SHARDS`, {
    why:
      'For "mirror init": into how many parts the link can be divided among processes. Fixed for ' +
      'its life. Take two to four for each process that you may ever run.',
    min: 1,
    max: 256,
    default: 4,
  }),
  commitIntervalMs: durationMs(`${prefix}COMMIT_INTERVAL_MS`, {
    why:
      'How long copies wait for others before their transaction is committed. Most of the delay ' +
      'that the mirror adds.',
    min: 10,
    max: 5_000,
    default: 250,
  }),
  lagCommitIntervalMs: durationMs(`${prefix}LAG_COMMIT_INTERVAL_MS`, {
    why: 'The same while the mirror is behind: larger batches, fewer transactions.',
    min: 10,
    max: 5_000,
    default: 1_000,
  }),
  commitBytes: bytes(`${prefix}COMMIT_BYTES`, {
    why:
      'A transaction of a shard is committed at this size, whatever its age. With PREFETCH_BYTES it ' +
      'bounds the memory of a shard.',
    min: 64 * 1024,
    max: 256 * mebibyte,
    default: 8 * mebibyte,
  }),
  prefetchBytes: bytes(`${prefix}PREFETCH_BYTES`, {
    // Memory that is used again before it leaves the cache: 1.1 to 1.4 s/GB of CPU with 32 MiB, 1.7 to 2.1
    // with 16.
    why: 'What a shard fetches ahead of its copying.',
    min: 2 * mebibyte,
    max: 256 * mebibyte,
    default: 32 * mebibyte,
  }),
  bytesPerSecond: bytes(`${prefix}LIMIT_BYTES_PER_SECOND`, {
    why:
      'How much this process copies a second at most, as compressed, so that it leaves room on a narrow ' +
      'line. Of several processes of a link each has its own limit. Not set: no limit.',
    min: 128 * 1024,
    max: 64 * 1024 * mebibyte,
    optional: true,
    example: '20MiB',
  }),
  oversize: oneOf(`${prefix}OVERSIZE`, ['pause', 'reject'], {
    why:
      'What happens at a record that is larger than the target takes, alone. pause: its partition waits ' +
      'for an answer. reject: a reference to it goes to mirror.<link>.rejected, and the copying goes on.',
    default: 'pause',
  }),
  discoveryIntervalMs: durationMs(`${prefix}DISCOVERY_INTERVAL_MS`, {
    why:
      'How often settings and rights are read again, new partitions and topics are looked for, and ' +
      'what could not be copied is tried again.',
    min: 100,
    max: 600_000,
    default: 10_000,
  }),
  transactionTimeoutMs: durationMs(`${prefix}TRANSACTION_TIMEOUT_MS`, {
    why:
      'How long a mirror that died in an open transaction holds up read_committed readers of its ' +
      'target partitions, unless somebody takes its shards over before.',
    min: 1_000,
    max: 900_000,
    default: 10_000,
  }),
  stalledAfterMs: durationMs(`${prefix}STALLED_AFTER_MS`, {
    why:
      'A partition that is behind and has committed nothing for this long makes the mirror not ' + 'ready.',
    min: 1_000,
    max: 600_000,
    default: 30_000,
  }),
};

export type MirrorConfig = ConfigOf<typeof knobs>;

/** What an operator sets to accept a single replica on either side, for refusals. */
export const singleReplicaAllowedBy = {
  source: `${knobs.source.singleReplica.name}=allowed`,
  target: `${knobs.target.singleReplica.name}=allowed`,
};

/** Rules over several knobs. */
export function checkConfig(config: MirrorConfig): string[] {
  const problems = [
    ...kafkaProblems(config.source, `${prefix}SOURCE_KAFKA_`),
    ...kafkaProblems(config.target, `${prefix}TARGET_KAFKA_`),
  ];
  if (config.lagCommitIntervalMs < config.commitIntervalMs) {
    problems.push(`${prefix}LAG_COMMIT_INTERVAL_MS is shorter than ${prefix}COMMIT_INTERVAL_MS`);
  }
  if (config.transactionTimeoutMs <= 2 * config.lagCommitIntervalMs) {
    problems.push(`${prefix}TRANSACTION_TIMEOUT_MS is not longer than twice ${prefix}LAG_COMMIT_INTERVAL_MS`);
  }
  problems.push(...patternProblems([...config.topics, ...config.topicsDenied]));
  const topics = exactNames(config.topics).map(({ name }) => name);
  if (new Set(topics).size < topics.length) problems.push(`${prefix}TOPICS names a topic twice`);
  return problems;
}
