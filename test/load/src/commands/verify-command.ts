import { setTimeout as sleep } from 'node:timers/promises';
import { Ledger } from '../ledger.ts';
import { lookAtDatacenter } from '../verify/look-at-datacenter.ts';
import { hops } from '../verify/hop.ts';
import { isClean, isEmpty, MasterVerifier } from '../verify/verdict.ts';
import type { Verdict } from '../verify/verdict.ts';
import { verifyTopic } from '../verify/verify-topic.ts';
import type { Values } from './usage.ts';

const datacenterTopics = { raw: 'events.raw', clean: 'events.clean', rejected: 'events.rejected' };

export async function runVerify(values: Values): Promise<number> {
  const ledger = await Ledger.load(values.ledger);
  const untilAt = performance.now() + Number(values.wait) * 1_000;
  for (;;) {
    const verdict = await judge(ledger, values);
    if (isIncomplete(verdict) && performance.now() < untilAt) {
      process.stderr.write(`${verdict.lost} of ${verdict.lost + verdict.arrived} events are not there yet\n`);
      await sleep(2_000);
      continue;
    }
    const text = values.json ? `${JSON.stringify(verdict, undefined, 2)}\n` : describeVerdict(verdict);
    process.stdout.write(text);
    return isClean(verdict) ? 0 : 1;
  }
}

async function judge(ledger: Ledger, values: Values): Promise<Verdict> {
  const there = values.datacenter?.split(',');
  const sightings = there && (await lookAtDatacenter(ledger, there, datacenterTopics));
  const verifier = new MasterVerifier(ledger, sightings);
  await verifyTopic(verifier, values.bootstrap?.split(',') ?? [], values.topic);
  return verifier.verdict();
}

function isIncomplete({ lost, toBeRejected, rejected = toBeRejected }: Verdict): boolean {
  return lost > 0 || rejected < toBeRejected;
}

/** The verdict for a person. */
export function describeVerdict(verdict: Verdict): string {
  const { arrived, lost, doubled, changed, phantom, outOfOrder, toBeRejected, rejected, examples } = verdict;
  const where = hops.flatMap((hop) => {
    const count = verdict.lostIn[hop] ?? 0;
    return count > 0 && hop !== 'unknown' ? [`${count} did not come out of the ${hop}`] : [];
  });
  const compared = rejected === undefined ? 'not compared: give --datacenter' : String(changed);
  const found = rejected === undefined ? 'not looked for: give --datacenter' : `${rejected} of them are`;
  return [
    headOf(verdict),
    `arrived       ${arrived}`,
    `lost          ${lost}${where.length > 0 ? ` (${where.join(', ')})` : ''}`,
    `doubled       ${doubled}`,
    `changed       ${compared}`,
    `phantom       ${phantom}`,
    `out of order  ${outOfOrder}`,
    `to be rejected: ${toBeRejected}; in events.rejected: ${toBeRejected === 0 ? 'none expected' : found}`,
    ...(examples.length > 0 ? ['', ...examples] : []),
    '',
  ].join('\n');
}

function headOf(verdict: Verdict): string {
  if (isEmpty(verdict)) return 'NOTHING WAS ACKNOWLEDGED: there is nothing to compare';
  return isClean(verdict) ? 'Every acknowledged event is there once, in order.' : 'NOT AS IT SHOULD BE';
}
