import { parseArgs } from 'node:util';
import { KafkaError, TransactionError } from '@penstock/kafka';
import { LedgerError, type Answer } from '@penstock/ledger';
import { ConfigError, readConfig, type Environment } from '@penstock/service';
import { checkConfig, mirrorKnobs, prefix, type MirrorConfig } from '../config.ts';
import { MirrorError } from '../errors.ts';
import { initLink } from '../link/init-link.ts';
import { openLink } from '../link/link-context.ts';
import { resumePartition } from './resume-partition.ts';
import { statusTable } from './status-table.ts';

const usage = `mirror [run]        copies, until SIGTERM
mirror init         creates the link: its ledger, its ranges of target partitions, target topics that are missing.
                    Again with more topics, or more partitions: registers them
mirror status       positions, lag and pauses of every partition, from the ledger
mirror resume --partition TOPIC-N  --skip-gap [--to OFFSET] | --restart | --retry
                    answers a paused partition: go on behind what is missing (or at OFFSET); copy again from the
                    source's log start, which doubles what was copied; or try the same position again

  --link NAME       instead of ${prefix}LINK
Everything else is configured by the environment: see example.env.
Exit codes: 0 done, 1 failed or refused, 2 wrong usage or configuration.
`;

const options = {
  link: { type: 'string' },
  partition: { type: 'string' },
  'skip-gap': { type: 'boolean' },
  to: { type: 'string' },
  restart: { type: 'boolean' },
  retry: { type: 'boolean' },
  help: { type: 'boolean' },
} as const;

type Flags = ReturnType<typeof parseArgs<{ options: typeof options }>>['values'];

/** Runs one command and answers its exit code. */
export async function runCommand(
  command: string,
  args: readonly string[],
  // oxlint-disable-next-line node/no-process-env -- --link stands in for one variable of it
  env: Environment = process.env,
): Promise<number> {
  const flags = readFlags(args);
  const act = commands[command];
  if (act === undefined || flags === undefined || flags.help === true) {
    (flags?.help === true ? process.stdout : process.stderr).write(usage);
    return flags?.help === true ? 0 : 2;
  }
  try {
    const named = flags.link === undefined ? env : { ...env, [`${prefix}LINK`]: flags.link };
    const config = readConfig(mirrorKnobs, { env: named, prefixes: [prefix], check: checkConfig });
    process.stdout.write(`${await act(config, flags)}\n`);
    return 0;
  } catch (error) {
    process.stderr.write(`${explain(error)}\n`);
    return error instanceof ConfigError ? 2 : 1;
  }
}

const commands: Record<string, (config: MirrorConfig, flags: Flags) => Promise<string>> = {
  init: async (config) => {
    await using link = await openLink(config);
    return (await initLink(config, link)).join('\n');
  },
  status: async (config) => {
    await using link = await openLink(config);
    return await statusTable(link);
  },
  resume: async (config, flags) => {
    const answer = readAnswer(flags);
    if (flags.partition === undefined || answer === undefined) {
      throw new ConfigError(['resume needs --partition TOPIC-N and one of --skip-gap, --restart, --retry']);
    }
    await using link = await openLink(config);
    return await resumePartition(link, flags.partition, answer);
  },
};

function readFlags(args: readonly string[]): Flags | undefined {
  try {
    return parseArgs({ args: [...args], options, strict: true }).values;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n`);
    return undefined;
  }
}

function readAnswer(flags: Flags): Answer | undefined {
  const given = [flags['skip-gap'], flags.restart, flags.retry].filter((flag) => flag === true);
  if (given.length !== 1 || (flags.to !== undefined && !/^\d{1,18}$/.test(flags.to))) return undefined;
  if (flags.to !== undefined && flags['skip-gap'] !== true) return undefined;
  if (flags.restart === true) return { kind: 'restart' };
  if (flags.retry === true) return { kind: 'retry' };
  return flags.to === undefined ? { kind: 'skip-gap' } : { kind: 'skip-gap', to: BigInt(flags.to) };
}

/** What an operator reads; a stack only for what nobody expected. */
function explain(error: unknown): string {
  const expected =
    error instanceof MirrorError ||
    error instanceof LedgerError ||
    error instanceof ConfigError ||
    error instanceof KafkaError ||
    error instanceof TransactionError;
  if (expected) return `${error.message}`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
