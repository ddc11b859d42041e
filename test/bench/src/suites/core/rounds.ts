import { measureProcess } from '../../measured-process.ts';
import type { MeasuredProcess } from '../../measured-process.ts';
import { costPerUnit } from '../../statistics.ts';
import type { Job, JobReport } from './clients/client-process.ts';
import type { Contender } from './contender.ts';

/** One contender's figures of one round, by the difference of a small and a large job. */
export interface Sample {
  cpuMicrosPerRecord: number;
  recordsPerSecond: number;
  allocatedBytesPerRecord: number | undefined;
  /** Of the large job. */
  latencyMs: JobReport['latencyMs'];
  peakRssBytes: number | undefined;
}

export interface Rounds {
  contenders: readonly Contender[];
  runs: number;
  /** Records of a small job and of a large one. */
  sizes: { small: number; large: number };
  /** Makes what a job of so many records needs, and afterwards takes it away. */
  jobOf(records: number, contender: Contender): Promise<PreparedJob>;
  say(line: string): void;
}

export interface PreparedJob extends AsyncDisposable {
  job: Job;
}

export interface Outcome {
  contender: Contender;
  samples: Sample[];
  /** Why it was skipped, or failed in its last round. */
  trouble: string | undefined;
}

const jobTimeoutMs = 60_000;

/** Turn by turn, so that what disturbs the machine disturbs all alike. Who fails is left out from then on. */
export async function runRounds({ contenders, runs, sizes, jobOf, say }: Rounds): Promise<Outcome[]> {
  const outcomes = contenders.map((contender): Outcome => ({
    contender,
    samples: [],
    trouble: contender.skipped,
  }));
  for (let round = 1; round <= runs; round++) {
    for (const outcome of outcomes.filter(({ trouble }) => trouble === undefined)) {
      const { contender } = outcome;
      try {
        const small = await runJob(contender, sizes.small, jobOf);
        const large = await runJob(contender, sizes.large, jobOf);
        const sample = sampleOf({ records: sizes.small, ...small }, { records: sizes.large, ...large });
        outcome.samples.push(sample);
        say(
          `run ${round} of ${runs}: ${contender.name}: ${sample.cpuMicrosPerRecord.toFixed(2)} us a record`,
        );
      } catch (error) {
        outcome.trouble = `failed: ${error instanceof Error ? error.message : String(error)}`;
        say(`run ${round} of ${runs}: ${contender.name} ${outcome.trouble}`);
      }
    }
  }
  return outcomes;
}

interface Ran {
  measured: MeasuredProcess;
  report: JobReport;
}

async function runJob(contender: Contender, records: number, jobOf: Rounds['jobOf']): Promise<Ran> {
  await using prepared = await jobOf(records, contender);
  await contender.prepare?.(prepared.job);
  const measured = await measureProcess(contender.launch(prepared.job), jobTimeoutMs);
  return { measured, report: contender.report(measured) };
}

function sampleOf(small: Ran & { records: number }, large: Ran & { records: number }): Sample {
  const perRecord = (cost: (ran: Ran) => number): number =>
    costPerUnit({ work: small.records, cost: cost(small) }, { work: large.records, cost: cost(large) });
  const tellsAllocation = [small, large].every(({ report }) => report.allocatedBytes !== undefined);
  return {
    cpuMicrosPerRecord: perRecord(({ measured }) => measured.cpuMicros),
    recordsPerSecond:
      large.report.workMs === undefined
        ? 1_000 / perRecord(({ measured }) => measured.wallMs)
        : (large.records / large.report.workMs) * 1_000,
    allocatedBytesPerRecord: tellsAllocation
      ? perRecord(({ report }) => report.allocatedBytes ?? 0)
      : undefined,
    latencyMs: large.report.latencyMs,
    peakRssBytes: large.measured.peakRssBytes,
  };
}
