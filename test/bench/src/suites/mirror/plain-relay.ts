import { measureProcess } from '../../measured-process.ts';
import { costPerUnit } from '../../statistics.ts';
import { openEndsOfRelay } from '../core/ends-of-relay.ts';
import { plainRelay } from '../core/relay.ts';
import { jobFor } from '../core/workload.ts';
import type { FilledTopic } from './fill-source.ts';
import type { MirrorSample } from './measure-mirror.ts';
import { valueBytes } from './workloads.ts';

/** The least that Node can spend on as many bytes as lie in the source's log. */
export async function measurePlainRelay({ storedBytes, workload }: FilledTopic): Promise<MirrorSample> {
  const small = await relay(Math.floor(storedBytes / 4));
  const large = await relay(storedBytes);
  const bytesPerRecord = storedBytes / workload.records;
  const perStoredByte = (cost: 'cpuMicros' | 'wallMs'): number =>
    costPerUnit({ work: small.bytes, cost: small[cost] }, { work: large.bytes, cost: large[cost] });
  return {
    cpuSecondsPerGigabyte: (perStoredByte('cpuMicros') * bytesPerRecord * 1e3) / valueBytes,
    recordsPerSecond: 1_000 / (perStoredByte('wallMs') * bytesPerRecord),
    startCpuSeconds: undefined,
    peakRssBytes: large.peakRssBytes ?? Number.NaN,
  };
}

async function relay(bytes: number) {
  await using ends = await openEndsOfRelay(bytes);
  const job = jobFor({ bootstrap: [ends.source, ends.target] }, 'relay', '', 0);
  return { bytes, ...(await measureProcess(plainRelay.launch(job), 60_000)) };
}
