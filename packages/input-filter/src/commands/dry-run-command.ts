import { rawHeaders, readFormatHint } from '@penstock/events';
import { listOffsets, readRange, type RecordView } from '@penstock/kafka';
import { readServiceConfig, UsageError, type FreeCommand, type GivenFlags } from '@penstock/service';
import { readFile } from 'node:fs/promises';
import { loadPipeline } from '../catalogue-file.ts';
import {
  checkConfig,
  checkWithoutKafka,
  knobs,
  knobsWithoutKafka,
  prefix,
  type ConfigWithoutKafka,
  type FilterConfig,
} from '../config.ts';
import { GeoLookup } from '../geo/geo-lookup.ts';
import type { RawRecord } from '../request/raw-request.ts';
import { wallClockMs } from '../wall-clock.ts';
import { openCommandCluster } from './command-cluster.ts';
import { DryRun } from './dry-run.ts';

const detailsMax = 100;
const recordsMax = 10_000n;

/**
 * Shows what the configured catalogue makes of a request in a file, or of raw records as they are in Kafka.
 * A file is filtered where no broker is: the author of a rule has none.
 */
export const dryRun: FreeCommand = {
  about: 'shows what the rules make of requests and what each fix changes, as JSON; writes nothing',
  synopsis: '(--file F [--format N] [--encoding E] | --partition P --from N [--count N]) [--details N]',
  flags: {
    file: { value: 'F', about: 'a file with the body of one request' },
    format: { value: 'N', about: 'format that the route of the request promises, e.g. 4' },
    'content-type': { value: 'T', about: 'content type of the request' },
    encoding: { value: 'E', about: 'content encoding of the file, e.g. gzip' },
    partition: { value: 'P', about: 'reads raw records of this partition' },
    from: { value: 'N', about: 'first raw offset' },
    count: { value: 'N', about: `how many raw offsets, 1 when not given, ${recordsMax} at most` },
    details: { value: 'N', about: `how many events to show in detail, ${detailsMax} when not given` },
  },
  async free(env, given) {
    const run =
      given.oneOf('file', 'partition') === 'file'
        ? await ofFile(
            readServiceConfig({ prefix, knobs: knobsWithoutKafka, checkConfig: checkWithoutKafka }, env),
            given,
          )
        : await ofRaw(readServiceConfig({ prefix, knobs, checkConfig }, env), given);
    return JSON.stringify(run.report, null, 2);
  },
};

async function ofFile(config: ConfigWithoutKafka, given: GivenFlags): Promise<DryRun> {
  const run = await dryRunOf(config, given);
  await run.add(await recordOf(given), config.topics.raw, 0);
  return run;
}

async function ofRaw(config: FilterConfig, given: GivenFlags): Promise<DryRun> {
  const run = await dryRunOf(config, given);
  await addRaw(run, config, given);
  return run;
}

async function dryRunOf(config: ConfigWithoutKafka, given: GivenFlags): Promise<DryRun> {
  const pipeline = await loadPipeline(config.catalogue, config.disabledFixes);
  const { ipPrivacy, bodyBytesMax } = config;
  // Without places: they have nothing to do with the rules, and loading them takes seconds.
  const geo = new GeoLookup([], { add: () => undefined });
  const details = Number(given.wholeNumber('details') ?? detailsMax);
  return new DryRun({ pipeline, geo, ipPrivacy, bodyBytesMax }, details);
}

/** The file as a Receiver would have stored it, received now. */
async function recordOf(given: GivenFlags): Promise<RawRecord> {
  const value = await readFile(given.text('file') ?? '').catch((error: unknown) => {
    throw new UsageError(`--file: ${error instanceof Error ? error.message : String(error)}`);
  });
  const hint = given.text('format');
  if (hint !== undefined && readFormatHint(hint) === null)
    throw new UsageError(`--format is the number of a format, 1 to 4 or one of your own, not '${hint}'`);
  const timestampMs = wallClockMs();
  const headers = Object.entries({
    [rawHeaders.requestId]: 'dry-run',
    [rawHeaders.receivedAt]: String(timestampMs),
    [rawHeaders.dc]: 'dry-run',
    [rawHeaders.receiver]: 'dry-run',
    [rawHeaders.formatHint]: hint,
    [rawHeaders.contentType]: given.text('content-type'),
    [rawHeaders.contentEncoding]: given.text('encoding'),
  }).flatMap(([name, text]): [string, Buffer][] => (text === undefined ? [] : [[name, Buffer.from(text)]]));
  return { offset: 0n, timestampMs, key: null, value, headers: () => headers };
}

async function addRaw(run: DryRun, config: FilterConfig, given: GivenFlags): Promise<void> {
  const partition = Number(given.wholeNumber('partition'));
  const from = given.wholeNumber('from');
  if (from === undefined) throw new UsageError('--partition needs --from');
  const count = given.wholeNumber('count') ?? 1n;
  if (count > recordsMax) throw new UsageError(`--count is ${recordsMax} at most`);
  const { raw } = config.topics;
  await using cluster = await openCommandCluster(config);
  const end = (await listOffsets(cluster, raw, [partition], 'latest', 'read_committed')).get(
    partition,
  )?.offset;
  if (end === undefined || from >= end)
    throw new UsageError(`${raw} ${partition} ends at ${end ?? 'nowhere'}: there is no offset ${from}`);
  const to = from + count < end ? from + count : end;
  const records: RecordView[] = [];
  const keep = (record: RecordView) => void records.push(record);
  const range = { from, to, isolation: 'read_committed' } as const;
  await readRange({ cluster, topic: raw, partition }, range, keep, { timeoutMs: 60_000 });
  for (const record of records) await run.add(record, raw, partition);
}
