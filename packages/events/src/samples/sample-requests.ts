import { brokenRequests } from './broken-requests.ts';
import { fixableRequests } from './fixable-requests.ts';
import { healthyRequests } from './healthy-requests.ts';
import { seededRandom } from './random.ts';
import type { SampleRequest, SampleSource } from './sample-request.ts';

/** Requests of every format, broken ones among them. Pure: the same arguments give the same bytes. */
export function sampleRequests({ nowMs, seed = 1 }: { nowMs: number; seed?: number }): SampleRequest[] {
  const source: SampleSource = { random: seededRandom(seed), nowMs };
  return [...healthyRequests(source), ...fixableRequests(source), ...brokenRequests(source)];
}
