import { seededRandom } from '@penstock/events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clientEvent } from '../../client-event.ts';
import type { MeasuredPart, Suite, SuiteContext } from '../../suite.ts';
import { startBenchKafka } from '../core/bench-kafka.ts';
import { connectName } from '../filter/find-connect.ts';
import { connectContender } from './connect.ts';
import type { ReceiverContender } from './contender.ts';
import { measureHttpCost } from './http-cost.ts';
import { measureReceiver, type Measurement } from './measure.ts';
import { penstockContender } from './penstock.ts';
import { tableOf, type Outcome } from './receiver-table.ts';
import { parts } from './workloads.ts';
import { whyNoWrk } from './wrk.ts';

/** A part that needs no broker and no peer. */
const httpPart = 'http';

/** The Receiver beside what one would have taken instead: the same client, the same broker. */
export const receiver: Suite = {
  name: 'receiver',
  about: 'packages/receiver beside Redpanda Connect (or Benthos), with the same client and real broker',
  parts: [...Object.keys(parts), httpPart],
  run,
};

const bodies = 64;

async function* run(context: SuiteContext): AsyncGenerator<MeasuredPart> {
  const { only, quick, say } = context;
  const noClient = whyNoWrk();
  if (noClient !== undefined) throw new Error(`there is no wrk to send with: ${noClient}`);
  const folder = await mkdtemp(join(tmpdir(), 'penstock-bench-receiver-'));
  try {
    const seconds = quick ? { warm: 2, measured: 2 } : { warm: 5, measured: 8 };
    if (Object.keys(parts).some((part) => only.has(part))) yield* runParts(folder, seconds, context);
    if (only.has(httpPart)) {
      const written = await writeBodies(folder, 1);
      say(`${httpPart}: 1 a request`);
      const load = { folder: written.folder, bodies, seconds };
      yield { part: httpPart, table: await measureHttpCost(load, context) };
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** With a broker, beside the peer. */
async function* runParts(
  folder: string,
  seconds: Measurement['seconds'],
  context: SuiteContext,
): AsyncGenerator<MeasuredPart> {
  const { only, rows, say } = context;
  const isWanted = (name: string): boolean => rows?.some((row) => name.startsWith(row)) ?? true;
  const wanted = [penstockContender()].filter(({ name }) => isWanted(name));
  // The peer may have to be built.
  if (isWanted(connectName())) wanted.push(await connectContender(folder, say));
  say('starting a broker');
  await using kafka = await startBenchKafka(1);
  for (const [name, part] of Object.entries(parts)) {
    if (!only.has(name)) continue;
    const outcomes: Outcome[] = [];
    let bytesPerEvent = 0;
    for (const workload of part.workloads) {
      const written = await writeBodies(folder, workload.eventsPerRequest);
      bytesPerEvent = written.bytesPerEvent;
      const basis = { kafka, workload, bodies, seconds, folder: written.folder };
      say(`${name}: ${part.label(workload)}`);
      outcomes.push(...(await measureInTurns(wanted, basis, context)));
    }
    yield { part: name, table: tableOf(part, outcomes, bytesPerEvent) };
  }
}

/** Turn by turn, so that what disturbs the machine disturbs all alike. Who fails is left out from then on. */
async function measureInTurns(
  contenders: readonly ReceiverContender[],
  basis: Omit<Measurement, 'requestsPerSecond'>,
  { runs, say }: SuiteContext,
): Promise<Outcome[]> {
  const { workload } = basis;
  const outcomes = contenders.map((contender): Outcome<ReceiverContender> => ({
    ...{ contender, workload, samples: [] },
    trouble: contender.skipped,
  }));
  const measure = async (outcome: Outcome<ReceiverContender>, what: string, rate?: number): Promise<void> => {
    try {
      const sample = await measureReceiver(outcome.contender, { ...basis, requestsPerSecond: rate });
      outcome.samples.push(sample);
      const { cpuMicrosPerEvent: micros, eventsPerSecond } = sample;
      say(
        `${what}: ${outcome.contender.name}: ${micros.toFixed(1)} us, ${eventsPerSecond.toFixed(0)} events/s`,
      );
    } catch (error) {
      outcome.trouble = `failed: ${error instanceof Error ? error.message : String(error)}`;
      say(`${what}: ${outcome.contender.name} ${outcome.trouble}`);
    }
  };
  const able = () => outcomes.filter(({ trouble }) => trouble === undefined);
  const rate = workload.load === 'half' ? await halfOfTheSlowest(able(), measure) : undefined;
  for (let turn = 1; turn <= runs; turn += 1) {
    for (const outcome of able()) await measure(outcome, `run ${turn} of ${runs}`, rate);
  }
  return outcomes;
}

/** Requests a second. Each contender is measured once as fast as it goes. */
async function halfOfTheSlowest(
  outcomes: readonly Outcome<ReceiverContender>[],
  measure: (outcome: Outcome<ReceiverContender>, what: string) => Promise<void>,
): Promise<number | undefined> {
  const rates: number[] = [];
  for (const outcome of outcomes) {
    await measure(outcome, 'as fast as it goes');
    const [sample] = outcome.samples.splice(0);
    if (sample) rates.push(sample.eventsPerSecond / outcome.workload.eventsPerRequest);
  }
  return rates.length > 0 ? Math.min(...rates) / 2 : undefined;
}

/** NDJSON in files, of which wrk sends one after the other. */
async function writeBodies(
  folder: string,
  eventsPerRequest: number,
): Promise<{ folder: string; bytesPerEvent: number }> {
  const random = seededRandom(1);
  const into = join(folder, `${eventsPerRequest}-a-request`);
  await mkdir(into, { recursive: true });
  let bytes = 0;
  for (let n = 1; n <= bodies; n += 1) {
    const events = Array.from({ length: eventsPerRequest }, () => clientEvent(random, Date.now()));
    const body = Buffer.from(events.map((event) => `${JSON.stringify(event)}\n`).join(''));
    bytes += body.length;
    await writeFile(join(into, String(n)), body);
  }
  return { folder: into, bytesPerEvent: bytes / (bodies * eventsPerRequest) };
}
