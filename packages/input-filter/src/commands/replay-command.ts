import { reasons, type Reason } from '@penstock/events';
import { openAdmin } from '@penstock/kafka';
import { kafkaConnection, UsageError, type Command, type GivenFlags } from '@penstock/service';
import type { FilterConfig } from '../config.ts';
import type { PartitionReplay } from '../replay/replay-partition.ts';
import { replay, type ReplayRequest } from '../replay/replay.ts';
import { neverReplayed, type Selection } from '../replay/selection.ts';
import { asJson } from './as-json.ts';
import { explainWrites, openCommandCluster } from './command-cluster.ts';
import { tellProgress } from './progress.ts';
import { timeOf } from './time-flag.ts';
import { totalsOf } from './totals.ts';

const counted = ['selected', 'replayed', 'before', 'copies', 'incomplete', 'tooLarge'] as const;

const explain = explainWrites({
  fenced: 'another replay was begun meanwhile, and this one has ended',
  what: 'records',
  again: 'What was replayed is marked: run the same command again, and it goes on',
});

/** Writes rejected requests and events to raw again, each once however often it is asked. */
export const replayCommand: Command<FilterConfig> = {
  about:
    'writes rejected requests and events to raw again, from their original bytes, for the rules of today; ' +
    'each once, however often it is run. Prints what it did as JSON',
  synopsis: '(--reason R,... | --rule ID,... | --from T | --to T | --all) [--partition P] [--dry-run]',
  flags: {
    reason: { value: 'R,...', about: 'only what was rejected for one of these reasons' },
    rule: { value: 'ID,...', about: 'only what one of these fixes stopped' },
    from: {
      value: 'T',
      about: 'only what was received at or after T: ISO 8601 with an offset, or ms since 1970',
    },
    to: { value: 'T', about: 'only what was received before T' },
    all: { about: 'everything, but what is unwanted: name that reason to replay it' },
    partition: { value: 'P', about: 'only this partition' },
    'per-second': {
      value: 'N',
      about: 'records a second at most; as fast as Kafka takes them when not given',
    },
    'dry-run': { about: 'counts what would be replayed, and writes nothing' },
  },
  async act(config, given) {
    const request = requestOf(config, given);
    await using admin = await openAdmin(kafkaConnection(config.kafka));
    await using cluster = await openCommandCluster(config);
    let current: PartitionReplay | undefined;
    using _progress = tellProgress(() => current && progressOf(current));
    const signal = new AbortController().signal;
    const done = await replay(cluster, admin, request, (next) => (current = next), signal).catch(explain);
    return asJson({ dryRun: request.dryRun, ...totalsOf(counted, done), partitions: done });
  },
};

function requestOf(config: FilterConfig, given: GivenFlags): ReplayRequest {
  const partition = given.wholeNumber('partition');
  const perSecond = given.wholeNumber('per-second');
  if (perSecond === 0n) throw new UsageError('--per-second must not be 0');
  return {
    ...{ raw: config.topics.raw, rejected: config.topics.rejected, group: config.group },
    selection: selectionOf(given),
    partition: partition === undefined ? undefined : Number(partition),
    perSecond: perSecond === undefined ? undefined : Number(perSecond),
    dryRun: given.has('dry-run'),
    singleReplica: config.kafka.singleReplica === 'allowed',
  };
}

function selectionOf(given: GivenFlags): Selection {
  const wanted = ['reason', 'rule', 'from', 'to', 'all'].filter((name) => given.has(name));
  if (wanted.length === 0) {
    throw new UsageError('say what to replay: --reason, --rule, --from, --to, or --all');
  }
  if (given.has('all') && wanted.length > 1) {
    throw new UsageError(`--all means everything, so it does not go with --${wanted[0]}`);
  }
  const rules = namesOf(given, 'rule');
  const named = namesOf(given, 'reason')?.map(reasonOf);
  const fromMs = timeOf(given, 'from');
  const toMs = timeOf(given, 'to');
  if (fromMs !== undefined && toMs !== undefined && fromMs >= toMs) {
    throw new UsageError('--from must be before --to');
  }
  return {
    ...(named && { reasons: named }),
    ...(rules && { rules }),
    ...(fromMs !== undefined && { fromMs }),
    ...(toMs !== undefined && { toMs }),
  };
}

function namesOf(given: GivenFlags, flag: string): string[] | undefined {
  const names = given
    .text(flag)
    ?.split(',')
    .map((name) => name.trim());
  if (names?.some((name) => name === '')) throw new UsageError(`--${flag} has an empty name`);
  return names;
}

function reasonOf(name: string): Reason {
  if (name === neverReplayed) {
    throw new UsageError(`${name} is never replayed: the event with that id is in clean, this is a sample`);
  }
  if (Object.hasOwn(reasons, name)) return name as Reason;
  throw new UsageError(`there is no reason '${name}'; there are ${Object.keys(reasons).join(', ')}`);
}

function progressOf({ partition, position, to, selected, replayed }: PartitionReplay): string {
  return `partition ${partition}: at ${position} of ${to}, ${selected} selected, ${replayed} replayed`;
}
