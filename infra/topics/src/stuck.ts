import { parseArgs } from 'node:util';
import { openCluster, stuckTransactions, writeMarker } from '@penstock/kafka';
import type { Cluster, StuckTransaction } from '@penstock/kafka';
import { brokersToAsk } from './brokers.ts';
import { runCommand } from './run-command.ts';

const help = `Finds transactions that nobody will end, and ends one as it was decided (docs/runbooks/stuck-lso.md).

  node infra/topics/src/stuck.ts --bootstrap kafka-1:9092 --topic events.raw
  node infra/topics/src/stuck.ts --bootstrap kafka-1:9092 --topic events.raw --partition 3 --producer 4711 --write commit

  --bootstrap host:port,...   brokers of the cluster (default: PENSTOCK_KAFKA_BOOTSTRAP; user, password and certificates are
                              taken from PENSTOCK_KAFKA_SASL_... and _TLS_..., as the services take them)
  --topic NAME                where to look
  --older-than SECONDS        only transactions whose last record is so old (default 60)
  --write commit|abort        end the stuck transaction of --producer in --partition. There is no way back

Exit code 0: nothing is stuck, or what was is ended. 1: something is stuck, or no broker answers. 2: wrong usage.
`;

const options = {
  bootstrap: { type: 'string' },
  topic: { type: 'string' },
  partition: { type: 'string' },
  producer: { type: 'string' },
  'older-than': { type: 'string', default: '60' },
  write: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const;

process.exitCode = await runCommand(help, readUsage, async (usage) => {
  const { bootstrap, topic, partition, producer, write } = usage;
  await using cluster = await openCluster(brokersToAsk('penstock-stuck', bootstrap));
  const stuck = await allStuck(cluster, topic, Number(usage['older-than']) * 1_000);
  for (const one of stuck) process.stdout.write(`${described(one)}\n`);
  if (write === undefined) return stuck.length === 0 ? 0 : 1;
  const chosen = stuck.find(
    (one) => String(one.partition) === partition && String(one.producerId) === producer,
  );
  if (chosen === undefined) {
    process.stderr.write('No such stuck transaction: nothing was written\n');
    return 1;
  }
  await writeMarker(cluster, chosen, write === 'commit');
  process.stdout.write(`${topic}-${partition}: wrote the marker for ${write}\n`);
  return 0;
});

function readUsage() {
  const { values } = parseArgs({ options, strict: true });
  const { bootstrap, topic = '', partition, producer, write } = values;
  if (values.help) return { ...values, topic };
  if (!(bootstrap ?? process.env['PENSTOCK_KAFKA_BOOTSTRAP']) || !topic)
    return '--bootstrap and --topic are needed';
  if (write === undefined) return { ...values, topic };
  if (write !== 'commit' && write !== 'abort') return '--write must be commit or abort';
  if (partition === undefined || producer === undefined) return '--write needs --partition and --producer';
  return { ...values, topic };
}

async function allStuck(cluster: Cluster, topic: string, quietMs: number): Promise<StuckTransaction[]> {
  const { partitions } = await cluster.topic(topic);
  const all = [...partitions.keys()].map((partition) => ({ topic, partition }));
  return stuckTransactions(cluster, all, { quietMs });
}

function described(one: StuckTransaction): string {
  const { topic, partition, producerId, producerEpoch, openSince, lastTimestampMs, transactionalId, why } =
    one;
  const last = new Date(lastTimestampMs).toISOString();
  return (
    `${topic}-${partition}: open since offset ${openSince}, last record ${last}, ` +
    `producer ${producerId} epoch ${producerEpoch}, transactional id ${transactionalId ?? 'unknown'}: ${why}`
  );
}
