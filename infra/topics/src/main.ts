import { parseArgs } from 'node:util';
import { openAdmin, topicProblems } from '@penstock/kafka';
import type { TopicSettings } from '@penstock/kafka';
import type { KafkaConnection } from '@penstock/service';
import { brokersToAsk } from './brokers.ts';
import { runCommand } from './run-command.ts';
import { datacenterTopics, masterTopics } from './topic-plan.ts';

const help = `Creates the topics of a cluster, or says how existing ones differ.

  npm run topics -- --cluster datacenter --bootstrap kafka-1:9092,kafka-2:9092 --partitions 24
  npm run topics -- --cluster master --bootstrap master-1:9092 --partitions 96

  --cluster datacenter|master   which set of topics
  --bootstrap host:port,...     brokers of that cluster (default: PENSTOCK_KAFKA_BOOTSTRAP; user, password and certificates
                                are taken from PENSTOCK_KAFKA_SASL_... and _TLS_..., as the services take them)
  --partitions N                of events.raw, events.clean and events.seen; on the master, of events.clean:
                                at least the sum of all datacenters' (default 12)
  --single-replica              replication factor 1: for laptops and tests only
  --check                       create nothing

Exit code 0: all topics are as needed. 1: something differs, or no broker answers. 2: wrong usage.
`;

const options = {
  cluster: { type: 'string' },
  bootstrap: { type: 'string' },
  partitions: { type: 'string', default: '12' },
  'single-replica': { type: 'boolean', default: false },
  check: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

process.exitCode = await runCommand(help, readUsage, async (usage) => {
  const singleReplica = usage['single-replica'];
  const size = { partitions: Number(usage.partitions), replicationFactor: singleReplica ? 1 : 3 };
  const wanted = usage.cluster === 'master' ? masterTopics(size) : datacenterTopics(size);
  const brokers = brokersToAsk('penstock-topics', usage.bootstrap);
  return provision(wanted, brokers, { singleReplica, check: usage.check });
});

function readUsage() {
  const { values } = parseArgs({ options, strict: true });
  if (values.help) return values;
  if (values.cluster !== 'datacenter' && values.cluster !== 'master')
    return '--cluster must be datacenter or master';
  if (!values.bootstrap && !process.env['PENSTOCK_KAFKA_BOOTSTRAP']) return '--bootstrap is missing';
  if (!/^[1-9]\d{0,4}$/.test(values.partitions)) return '--partitions must be a number from 1 to 99999';
  return values;
}

async function provision(
  wanted: TopicSettings[],
  brokers: KafkaConnection,
  { singleReplica, check }: { singleReplica: boolean; check: boolean },
): Promise<number> {
  await using admin = await openAdmin(brokers);
  const created = check ? [] : await admin.createTopics(wanted);
  for (const name of created) process.stdout.write(`created ${name}\n`);
  const found = await admin.describeTopics(wanted.map(({ name }) => name));
  const problems = topicProblems(wanted, found, { singleReplica });
  for (const problem of problems) process.stdout.write(`${problem}\n`);
  if (problems.length === 0) process.stdout.write(`${wanted.length} topics are as needed\n`);
  return problems.length === 0 ? 0 : 1;
}
