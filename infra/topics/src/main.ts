import { openAdmin } from '@penstock/kafka';
import {
  ConfigError,
  filterTopicKnobs,
  readConfig,
  receiverTopicKnobs,
  runTool,
  UsageError,
} from '@penstock/service';
import type { CommandOutcome, Environment, Flags, GivenFlags } from '@penstock/service';
import { brokersToAsk } from './brokers.ts';
import { checkTopics, type CheckOptions } from './check-topics.ts';
import { routedBy } from './routed-topics.ts';
import { datacenterTopics, masterTopics } from './topic-plan.ts';

const flags: Flags = {
  cluster: { value: 'datacenter|master', about: 'which set of topics' },
  bootstrap: {
    value: 'HOST:PORT,...',
    about: 'brokers of that cluster; PENSTOCK_KAFKA_BOOTSTRAP when not given',
  },
  partitions: {
    value: 'N',
    about: 'of raw, clean and seen (12 for new ones); on the master, the sum of all datacenters or more',
  },
  catalogue: {
    value: 'FILE',
    about: 'your catalogue: the topics that it routes events to; PENSTOCK_FILTER_CATALOGUE when not given',
  },
  routed: { value: 'TOPIC,...', about: 'the same by name, where the catalogue is not at hand' },
  'single-replica': { about: 'one replica instead of three: for laptops and tests' },
  check: { about: 'creates nothing' },
};

const notes = [
  'Sizes, windows and names are those that the services are configured with: ' +
    'PENSTOCK_RECEIVER_BODY_BYTES_MAX,',
  '_HEADER_BYTES_MAX, _BATCH_BYTES and _RAW_TOPIC; PENSTOCK_FILTER_DEDUP_WINDOW_MS, _BATCH_BYTES and ' +
    '..._TOPIC.',
  'User, password and certificates: PENSTOCK_KAFKA_SASL_... and _TLS_..., as the services have them.',
  'Exit codes: 0 all topics are as needed, 1 something differs or no broker answers, 2 wrong usage or' +
    ' configuration.',
];

await runTool({
  name: 'npm run topics --',
  about:
    'creates the topics of a cluster that are missing, and says how the others differ from what ' +
    'services need',
  synopsis: '--cluster datacenter|master --bootstrap HOST:PORT,... [--partitions N] [--check]',
  flags,
  notes,
  act: provision,
});

async function provision(env: Environment, given: GivenFlags): Promise<CommandOutcome> {
  const options = readOptions(env, given, await routedTopics(env, given));
  const { cluster, singleReplica, names } = options;
  await using admin = await openAdmin(brokersToAsk('penstock-topics', given.text('bootstrap')));
  // What is missing gets as many partitions as what is there already.
  const [existing] = await admin.describeTopics([cluster === 'master' ? names.clean : names.raw]);
  const partitions = options.partitions ?? existing?.partitions ?? 12;
  const plan = { ...options, partitions, replicationFactor: singleReplica ? 1 : 3 };
  const wanted = cluster === 'master' ? masterTopics(plan) : datacenterTopics(plan);
  const created = given.has('check') ? [] : await admin.createTopics(wanted, '--single-replica');
  const found = await admin.describeTopics(wanted.map(({ name }) => name));
  const problems = checkTopics(found, options);
  const verdict = problems.length === 0 ? [`${wanted.length} topics are as needed`] : problems;
  const mirrored = options.routed.length === 0 || given.has('check') ? [] : [mirrorLine(options)];
  return {
    text: [...created.map((name) => `created ${name}`), ...verdict, ...mirrored].join('\n'),
    exitCode: problems.length === 0 ? 0 : 1,
  };
}

function readOptions(env: Environment, given: GivenFlags, routed: readonly string[]): CheckOptions {
  const cluster = given.text('cluster');
  if (cluster !== 'datacenter' && cluster !== 'master') {
    throw new UsageError('--cluster must be datacenter or master');
  }
  if (!given.has('bootstrap') && !env['PENSTOCK_KAFKA_BOOTSTRAP'])
    throw new UsageError('--bootstrap is missing');
  const partitions = given.wholeNumber('partitions');
  if (partitions !== undefined && (partitions < 1n || partitions > 99_999n)) {
    throw new UsageError('--partitions must be a number from 1 to 99999');
  }
  const { receiver, filter } = readConfig(
    { receiver: receiverTopicKnobs, filter: filterTopicKnobs },
    { env },
  );
  if (cluster === 'datacenter' && receiver.rawTopic !== filter.topics.raw) {
    throw new ConfigError([
      `PENSTOCK_RECEIVER_RAW_TOPIC is ${receiver.rawTopic} and ` +
        `PENSTOCK_FILTER_RAW_TOPIC ${filter.topics.raw}: what one writes, the other would not read`,
    ]);
  }
  return {
    ...{ cluster, receiver, filter },
    names: filter.topics,
    routed: routed.filter((topic) => topic !== filter.topics.clean),
    partitions: partitions === undefined ? undefined : Number(partitions),
    singleReplica: given.has('single-replica'),
  };
}

async function routedTopics(env: Environment, given: GivenFlags): Promise<readonly string[]> {
  const named = given.text('routed');
  if (named !== undefined && given.has('catalogue'))
    throw new UsageError('give only --catalogue or --routed');
  if (named !== undefined) return named.split(',');
  const file = given.text('catalogue') ?? env['PENSTOCK_FILTER_CATALOGUE'];
  return file === undefined ? [] : routedBy(file);
}

/** The Mirror takes its topics by name, once, when its link is made. */
function mirrorLine({ names, routed }: CheckOptions): string {
  return `for the Mirror, before "mirror init": PENSTOCK_MIRROR_TOPICS=${[names.clean, ...routed].join(',')}`;
}
