import { getHeapStatistics } from 'node:v8';
import { percentileOf } from '../../../statistics.ts';

/** What a client's process is told to do, as JSON in its only argument. */
export interface Job {
  role: Role;
  bootstrap: readonly string[];
  /** To write to (produce, transact) or to read (consume, relay): partitions 0 to `partitions` - 1. */
  topic: string;
  partitions: number;
  /** Records to write or read in all; transactions for `transact`. */
  records: number;
  valueBytes: number;
  batchBytes: number;
  lingerMs: number;
  /** Where a relay writes to. */
  target: string;
}

/** `transact` ends then, however few there were. */
export const transactMsMax = 8_000;

export type Role = 'produce' | 'consume' | 'relay' | 'transact';

/**
 * What a client's process says, as JSON in its only line of output, when its work is done and before it
 * leaves.
 */
export interface JobReport {
  /** Objects made on V8's heap since the start; the memory of Buffers is not in it. */
  allocatedBytes?: number;
  latencyMs?: { p50: number; p99: number };
  /** From the first record to the last. */
  workMs?: number;
}

/** What a role answers, and how to leave afterwards. */
export interface Done {
  /** How long acknowledgements took. */
  latenciesMs?: readonly number[];
  /** From the first record to the last, where it takes its time to come to the first. */
  workMs?: number;
  leave(): Promise<unknown>;
}

/** The one thing that every client's file calls: does the job of this process and reports. */
export async function runJob(roles: Partial<Record<Role, (job: Job) => Promise<Done>>>): Promise<void> {
  const job = JSON.parse(process.argv[2] ?? '{}') as Job;
  const role = roles[job.role];
  if (!role) throw new Error(`no role ${job.role} here`);
  const { latenciesMs = [], workMs, leave } = await role(job);
  const report: JobReport = {
    ...allocatedBytes(),
    ...latencyOf(latenciesMs),
    ...(workMs === undefined ? {} : { workMs }),
  };
  process.stdout.write(`${JSON.stringify(report)}\n`);
  await leave();
}

/** The same record again and again: what it says does not matter, and making it would be measured too. */
export function valueOf({ valueBytes }: Job): Buffer {
  return Buffer.alloc(valueBytes, 'penstock benchmark ');
}

/** Newer than Node's types: V8 counts what was ever allocated. Undefined in an older Node. */
function allocatedBytes(): { allocatedBytes?: number } {
  const { total_allocated_bytes: bytes } = getHeapStatistics() as { total_allocated_bytes?: number };
  return bytes === undefined ? {} : { allocatedBytes: bytes };
}

function latencyOf(latenciesMs: readonly number[]): Pick<JobReport, 'latencyMs'> {
  if (latenciesMs.length === 0) return {};
  const sorted = latenciesMs.toSorted((one, other) => one - other);
  return { latencyMs: { p50: percentileOf(sorted, 50), p99: percentileOf(sorted, 99) } };
}
