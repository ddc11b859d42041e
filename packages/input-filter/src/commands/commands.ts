import { UsageError, type Command, type GivenFlags } from '@penstock/service';
import { loadPipeline } from '../catalogue-file.ts';
import type { FilterConfig } from '../config.ts';
import { filterTopics } from '../topics.ts';
import { asJson } from './as-json.ts';
import { catalogueTypes, checkCatalogueCommand } from './check-catalogue.ts';
import { openCommandCluster } from './command-cluster.ts';
import { dryRun } from './dry-run-command.ts';
import { replayCommand } from './replay-command.ts';
import { reprocessCommand } from './reprocess-command.ts';
import { resumePartition } from './resume.ts';
import { partitionReports, type OperatorTools } from './status.ts';

const status: Command<FilterConfig> = {
  about: 'shows where every partition stands and what is wrong with it, as JSON; asks Kafka, not the filters',
  act: (config) => withTools(config, async (tools) => asJson(await partitionReports(tools))),
};

const resume: Command<FilterConfig> = {
  about: 'sets the next raw offset of a paused partition',
  synopsis: '--partition P (--from N | --skip-gap)',
  flags: {
    partition: { value: 'P', about: 'number of the partition' },
    from: { value: 'N', about: 'the next raw offset to be filtered' },
    'skip-gap': { about: 'takes the offset that status proposes' },
  },
  async act(config, given) {
    const partition = partitionOf(given);
    const from = given.oneOf('from', 'skip-gap') === 'skip-gap' ? 'skip-gap' : given.wholeNumber('from');
    return withTools(config, (tools) => resumePartition(tools, partition, from ?? 'skip-gap'));
  },
};

/** What an operator may ask beside `run`. The commands read the same environment as the service. */
export const commands = {
  status,
  resume,
  'dry-run': dryRun,
  replay: replayCommand,
  reprocess: reprocessCommand,
  'check-catalogue': checkCatalogueCommand,
  'catalogue-types': catalogueTypes,
};

function partitionOf(given: GivenFlags): number {
  const partition = given.wholeNumber('partition');
  if (partition === undefined) throw new UsageError('resume needs --partition P');
  return Number(partition);
}

async function withTools(
  config: FilterConfig,
  act: (tools: OperatorTools) => Promise<string>,
): Promise<string> {
  const { catalogue } = await loadPipeline(config.catalogue, config.disabledFixes);
  await using cluster = await openCommandCluster(config);
  const topics = filterTopics(config.topics, catalogue.routes);
  return await act({ cluster, id: config.group, member: null, topics, windowMs: config.dedupWindowMs });
}
