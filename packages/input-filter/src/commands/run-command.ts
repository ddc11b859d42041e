import { openCluster, KafkaError, TransactionError } from '@penstock/kafka';
import { ConfigError, createLog, kafkaConnection, readConfig } from '@penstock/service';
import { parseArgs } from 'node:util';
import { loadPipeline } from '../catalogue-file.ts';
import { filterKnobs } from '../config.ts';
import { FilterError } from '../errors.ts';
import { resumePartition } from './resume.ts';
import { partitionReports, type OperatorTools } from './status.ts';

const usage = `input-filter                                     runs the service (no arguments)
input-filter status                              where every partition stands, and what is wrong with it
input-filter resume --partition P --from N       sets the next raw offset of a halted partition
input-filter resume --partition P --skip-gap     takes the offset that status proposes
Configuration comes from the environment, as for the service.
`;

/**
 * The operator's commands. They read the same environment as the service and print to standard output.
 * Exit code 0: done. 1: could not be done (why is on standard error). 2: the command line or configuration is wrong.
 */
export async function runCommand(args: string[]): Promise<void> {
  try {
    const done = await run(args);
    process.stdout.write(done);
  } catch (error) {
    const [code, message] = explain(error);
    process.stderr.write(`${message}\n`);
    process.exitCode = code;
  }
}

async function run([command, ...rest]: string[]): Promise<string> {
  if (command === 'status') {
    parse(rest, {});
    return withTools(async (tools) => `${JSON.stringify(await partitionReports(tools), showBigint, 2)}\n`);
  }
  if (command === 'resume') {
    const values = parse(rest, {
      partition: { type: 'string' },
      from: { type: 'string' },
      'skip-gap': { type: 'boolean' },
    });
    const partition = wholeNumber('--partition', values['partition']);
    const skipGap = values['skip-gap'] === true;
    if (skipGap === (values['from'] !== undefined)) throw new UsageError('give either --from or --skip-gap');
    const from = skipGap ? 'skip-gap' : BigInt(wholeNumber('--from', values['from']));
    return withTools(async (tools) => `${await resumePartition(tools, partition, from)}\n`);
  }
  if (command === '--help' || command === 'help') return usage;
  throw new UsageError(`unknown command ${command}`);
}

async function withTools(act: (tools: OperatorTools) => Promise<string>): Promise<string> {
  const config = readConfig(filterKnobs, { prefixes: ['PENSTOCK_FILTER_', 'PENSTOCK_KAFKA_'] });
  const log = createLog({ service: 'input-filter', level: 'warn', destination: process.stderr });
  const { catalogue } = await loadPipeline(config.catalogue, config.disabledFixes);
  await using cluster = await openCluster({ ...kafkaConnection(config.kafka), log });
  const { topics, group } = config;
  const cleanTopics = [topics.clean, ...new Set(Object.values(catalogue.routes))];
  return await act({ cluster, log, group, member: null, topics, cleanTopics });
}

class UsageError extends Error {
  override name = 'UsageError';
}

function parse(
  args: string[],
  options: Record<string, { type: 'string' | 'boolean' }>,
): Record<string, string | boolean | undefined> {
  try {
    return parseArgs({ args, options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function wholeNumber(name: string, value: string | boolean | undefined): number {
  if (typeof value !== 'string' || !/^\d{1,15}$/.test(value))
    throw new UsageError(`${name} needs a whole number`);
  return Number(value);
}

function showBigint(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}

function explain(error: unknown): [exitCode: number, message: string] {
  if (error instanceof UsageError) return [2, `${error.message}\n\n${usage}`];
  if (error instanceof ConfigError) return [2, error.problems.join('\n')];
  if (error instanceof FilterError || error instanceof KafkaError || error instanceof TransactionError) {
    return [1, error.message];
  }
  throw error;
}
