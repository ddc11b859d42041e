import { openAdmin } from '@penstock/kafka';
import { kafkaConnection, UsageError, type Command, type GivenFlags } from '@penstock/service';
import { loadPipeline } from '../catalogue-file.ts';
import { geoipPathsOf, type FilterConfig } from '../config.ts';
import { GeoDatabases } from '../geo/geo-databases.ts';
import { GeoLookup } from '../geo/geo-lookup.ts';
import { counted, type PartitionReprocess } from '../reprocess/reprocess-partition.ts';
import { reprocess } from '../reprocess/reprocess.ts';
import type { ReprocessTime } from '../reprocess/reprocess-range.ts';
import { filterTopics } from '../topics.ts';
import { asJson } from './as-json.ts';
import { commandLog, explainWrites, openCommandCluster } from './command-cluster.ts';
import { tellProgress } from './progress.ts';
import { timeOf } from './time-flag.ts';
import { totalsOf } from './totals.ts';

const explain = explainWrites({
  fenced: 'the same reprocessing was begun once more meanwhile, and this one has ended',
  what: 'events',
  again: 'Run the same command again, and it goes on where it was',
});

/** Filters what raw holds of some time anew, into a topic of its own. */
export const reprocessCommand: Command<FilterConfig> = {
  about:
    'filters what raw holds of some time anew, with the rules of today, into a topic of its own, each ' +
    'event once; run it again after it was stopped, and it goes on. Prints what it did as JSON',
  synopsis: '--from T --to T --into TOPIC',
  flags: {
    from: { value: 'T', about: 'what was received at or after T: ISO 8601 with an offset, or ms since 1970' },
    to: { value: 'T', about: 'and before T, which must be over' },
    into: { value: 'TOPIC', about: 'is made when it is missing; never a topic of the pipeline' },
  },
  async act(config, given) {
    const { into, time } = asked(given);
    const log = commandLog();
    const pipeline = await loadPipeline(config.catalogue, config.disabledFixes);
    await using admin = await openAdmin(kafkaConnection(config.kafka));
    await using cluster = await openCommandCluster(config, log);
    await using places = await GeoDatabases.start({
      ...{ paths: geoipPathsOf(config), checkIntervalMs: config.geoipCheckIntervalMs, log },
      ...{ onChange: () => undefined, onFailed: () => undefined },
    });
    const geo = new GeoLookup(places.files, { add: () => undefined });
    const { ipPrivacy, bodyBytesMax, batchBytes, compression } = config;
    const request = {
      ...{ topics: filterTopics(config.topics, pipeline.catalogue.routes), group: config.group },
      ...{ into, time, batchBytes, compression, filter: { pipeline, geo, ipPrivacy, bodyBytesMax } },
      window: { windowMs: config.dedupWindowMs, idsMax: config.dedupIdsMax },
      singleReplica: config.kafka.singleReplica === 'allowed',
    };
    let current: PartitionReprocess | undefined;
    using _progress = tellProgress(() => current && progressOf(current));
    const { signal } = new AbortController();
    const all = await reprocess(cluster, admin, request, (next) => (current = next), signal).catch(explain);
    return asJson({
      into,
      from: isoOf(time.fromMs),
      to: isoOf(time.toMs),
      ...totalsOf(counted, all),
      partitions: all,
    });
  },
};

function asked(given: GivenFlags): { into: string; time: ReprocessTime } {
  const into = given.text('into');
  const fromMs = timeOf(given, 'from');
  const toMs = timeOf(given, 'to');
  if (into === undefined || fromMs === undefined || toMs === undefined) {
    throw new UsageError('reprocess needs --from T, --to T and --into TOPIC');
  }
  if (!/^[A-Za-z0-9._-]{1,200}$/.test(into)) throw new UsageError(`--into ${into} is no name of a topic`);
  if (fromMs >= toMs) throw new UsageError('--from must be before --to');
  return { into, time: { fromMs, toMs } };
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}

function progressOf({ partition, position, end, clean }: PartitionReprocess): string {
  return `partition ${partition}: at raw offset ${position} of ${end}, ${clean} events written`;
}
