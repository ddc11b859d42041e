import type { Poison } from '@penstock/kafka';
import type { PauseFinding } from '@penstock/ledger';
import type { Appended } from './copy-fetched.ts';

/**
 * What of a refused batch the target does not take. A broker refuses a batch as a whole, however good most of
 * its records are, and several source batches may be joined in it. But it names the records that it objects
 * to (KIP-467): the pause covers the first of them and those that directly follow it. What is before them is
 * copied at once, and what comes after them when somebody has answered.
 */
export function refusedRange(
  batch: Pick<Appended, 'firstOffset' | 'lastOffset' | 'count' | 'offsets'>,
  { code, message, records }: Pick<Poison, 'code' | 'message' | 'records'>,
): PauseFinding {
  const named = records
    .filter(({ index }) => index >= 0 && index < batch.count)
    .sort((one, other) => one.index - other.index);
  const [first] = named;
  if (first === undefined) {
    const { firstOffset: from, lastOffset } = batch;
    return {
      kind: 'refused',
      from,
      to: lastOffset + 1n,
      detail: `the target refuses a batch: ${code}: ${message}`,
    };
  }
  const run = named.findIndex(({ index }, at) => index !== first.index + at);
  const count = run < 0 ? named.length : run;
  const offsetAt = (index: number) => batch.offsets?.[index] ?? batch.firstOffset + BigInt(index);
  const [from, to] = [offsetAt(first.index), offsetAt(first.index + count - 1) + 1n];
  const what = count === 1 ? 'a record' : `${count} records`;
  const detail = `the target refuses ${what}: ${code}: ${first.message || message}`;
  return { kind: 'refused', from, to, detail };
}
