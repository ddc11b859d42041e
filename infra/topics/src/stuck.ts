import { openCluster, stuckTransactions, writeMarker } from '@penstock/kafka';
import type { Cluster, StuckTransaction } from '@penstock/kafka';
import { runTool, UsageError } from '@penstock/service';
import type { CommandOutcome, Environment, Flags, GivenFlags } from '@penstock/service';
import { brokersToAsk } from './brokers.ts';

const flags: Flags = {
  bootstrap: { value: 'HOST:PORT,...', about: 'brokers; PENSTOCK_KAFKA_BOOTSTRAP when not given' },
  topic: { value: 'NAME', about: 'where to look' },
  'older-than': { value: 'SECONDS', about: 'only transactions whose last record is so old (60)' },
  write: { value: 'commit|abort', about: 'ends the stuck transaction; there is no way back' },
  partition: { value: 'P', about: 'with --write: its partition' },
  producer: { value: 'ID', about: 'with --write: its producer id' },
};

await runTool({
  name: 'node_modules/.bin/node infra/topics/src/stuck.ts',
  about:
    'finds transactions that nobody will end, and ends one as it was decided (docs/runbooks/stuck-lso.md)',
  synopsis: '--topic NAME [--write commit|abort --partition P --producer ID]',
  flags,
  notes: [
    'User, password and certificates: PENSTOCK_KAFKA_SASL_... and _TLS_..., as the services have them.',
    'Exit codes: 0 nothing is stuck, or what was is ended; 1 something is stuck, or no broker answers;',
    '2 wrong usage or configuration.',
  ],
  act: look,
});

async function look(env: Environment, given: GivenFlags): Promise<CommandOutcome> {
  const { topic, marker, quietMs } = readUsage(env, given);
  await using cluster = await openCluster(brokersToAsk('penstock-stuck', given.text('bootstrap')));
  const stuck = await allStuck(cluster, topic, quietMs);
  const lines = stuck.map(described);
  if (marker === undefined) return { text: lines.join('\n'), exitCode: stuck.length === 0 ? 0 : 1 };
  const { partition, producerId, outcome } = marker;
  const chosen = stuck.find((one) => one.partition === partition && one.producerId === producerId);
  if (chosen === undefined) {
    return { text: [...lines, 'No such stuck transaction: nothing was written'].join('\n'), exitCode: 1 };
  }
  await writeMarker(cluster, chosen, outcome);
  const done = `${topic}-${partition}: wrote the marker for ${outcome}`;
  return { text: [...lines, done].join('\n'), exitCode: 0 };
}

interface Marker {
  readonly partition: number;
  readonly producerId: bigint;
  readonly outcome: 'commit' | 'abort';
}

function readUsage(env: Environment, given: GivenFlags) {
  const topic = given.text('topic');
  if (topic === undefined) throw new UsageError('--topic is missing');
  if (!given.has('bootstrap') && !env['PENSTOCK_KAFKA_BOOTSTRAP']) {
    throw new UsageError('--bootstrap is missing');
  }
  return {
    topic,
    marker: readMarker(given),
    quietMs: Number(given.wholeNumber('older-than') ?? 60n) * 1_000,
  };
}

function readMarker(given: GivenFlags): Marker | undefined {
  const write = given.text('write');
  const partition = given.wholeNumber('partition');
  const producerId = given.wholeNumber('producer');
  if (write === undefined) return undefined;
  if (write !== 'commit' && write !== 'abort') throw new UsageError('--write must be commit or abort');
  if (partition === undefined || producerId === undefined) {
    throw new UsageError('--write needs --partition and --producer');
  }
  return { partition: Number(partition), producerId, outcome: write };
}

async function allStuck(cluster: Cluster, topic: string, quietMs: number): Promise<StuckTransaction[]> {
  const { partitions } = await cluster.topic(topic);
  const all = [...partitions.keys()].map((partition) => ({ topic, partition }));
  return stuckTransactions(cluster, all, { quietMs });
}

function described(one: StuckTransaction): string {
  const { topic, partition, producerId, producerEpoch, firstOffset, lastTimestampMs, transactionalId } = one;
  const last = new Date(lastTimestampMs).toISOString();
  return (
    `${topic}-${partition}: open since offset ${firstOffset}, last record ${last}, ` +
    `producer ${producerId} epoch ${producerEpoch}, ` +
    `transactional id ${transactionalId ?? 'unknown'}: ${one.why}`
  );
}
