import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { eventIdOf, indexOfEventId } from '../plan/event-ids.ts';
import { Ledger } from '../ledger.ts';
import { describeVerdict } from '../commands/verify-command.ts';
import { DatacenterSightings } from './datacenter-sightings.ts';
import { isClean, MasterVerifier } from './verdict.ts';

const bytesOf = (id: string): Buffer => Buffer.from(id.replaceAll('-', ''), 'hex');

test('an event id says which event of which run it is', () => {
  for (const index of [0, 1, 255, 65_536, 2 ** 40]) {
    expect(indexOfEventId(0xdeadbeef, bytesOf(eventIdOf(0xdeadbeef, index)))).toBe(index);
  }
  expect(indexOfEventId(1, bytesOf(eventIdOf(2, 5)))).toBe(-1);
  expect(indexOfEventId(1, Buffer.alloc(16))).toBe(-1);
});

test('a saved ledger is read back whole, and half of one is refused', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ledger-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const ledger = ledgerOf(1000);
  const file = join(folder, 'ledger');
  await ledger.save(file);
  const loaded = await Ledger.load(file);
  expect(loaded.header).toEqual(ledger.header);
  expect(loaded.outcome(3)).toBe('acknowledged');
  expect(loaded.client(7)).toBe(1);
  expect(loaded.expectation(9)).toBe('rejected');
  await writeFile(file, `${JSON.stringify(ledger.header)}\nshort`);
  await expect(Ledger.load(file)).rejects.toThrow('not a whole ledger');
});

test('a run of which nothing was acknowledged has kept no promise', () => {
  const ledger = new Ledger({ seed: 7, events: 4, clients: 1, startedAtMs: 0, requests: 1, resends: 0 });
  for (let event = 0; event < 4; event += 1) ledger.note(event, event < 2 ? 'refused' : 'unknown');
  const verdict = new MasterVerifier(ledger).verdict();
  expect(isClean(verdict)).toBe(false);
  expect(describeVerdict(verdict)).toContain('NOTHING WAS ACKNOWLEDGED');
});

test('the verdict finds what is lost, doubled, invented and out of order', () => {
  const ledger = ledgerOf(20);
  const verifier = new MasterVerifier(ledger);
  for (const event of [0, 2, 1, 3, 3, 5, 4, 9, 6, 10, 11, 12, 13, 14, 15, 16, 17, 18]) {
    verifier.saw(bytesOf(eventIdOf(7, event)), `place ${event}`);
  }
  verifier.saw(bytesOf(eventIdOf(7, 99)), 'nowhere');
  verifier.saw(bytesOf(eventIdOf(8, 1)), 'another run');
  const verdict = verifier.verdict();
  // 7 and 8 are missing, 19 is rejected as planned; 3 came twice; 9 should be rejected and 99 is nobody's;
  // of the two clients (even and odd numbers) only 6 comes after a later one of its own: none; 9 is odd.
  expect(verdict).toMatchObject({ lost: 2, doubled: 1, phantom: 2, outOfOrder: 0 });
  expect(isClean(verdict)).toBe(false);
});

test('order counts per key only', () => {
  const verifier = new MasterVerifier(ledgerOf(6));
  for (const event of [1, 0, 2, 4, 3, 5]) verifier.saw(bytesOf(eventIdOf(7, event)), '');
  expect(verifier.verdict()).toMatchObject({ lost: 0, outOfOrder: 0 });
  const swapped = new MasterVerifier(ledgerOf(6));
  for (const event of [2, 0, 1, 3, 4, 5]) swapped.saw(bytesOf(eventIdOf(7, event)), '');
  expect(swapped.verdict()).toMatchObject({ lost: 0, outOfOrder: 1 });
});

test('a look at the datacenter tells after which service an event vanished, and what was rejected', () => {
  const ledger = ledgerOf(30);
  const sightings = new DatacenterSightings(30);
  for (let event = 0; event < 30; event++) {
    if (event !== 4) sightings.raw(event);
    if (event % 10 === 9 && event !== 19) sightings.rejected(event);
    else if (event % 10 !== 9 && event !== 4 && event !== 6)
      sightings.clean(event, Buffer.from(`value ${event}`));
  }
  const verifier = new MasterVerifier(ledger, sightings);
  for (let event = 0; event < 30; event++) {
    if (event % 10 === 9 || [4, 6, 8].includes(event)) continue;
    const value = Buffer.from(event === 11 ? 'another value' : `value ${event}`);
    verifier.saw(bytesOf(eventIdOf(7, event)), 'somewhere', value);
  }
  const verdict = verifier.verdict();
  expect(verdict).toMatchObject({
    ...{ lost: 3, lostIn: { Receiver: 1, 'Input Filter': 1, Mirror: 1 }, changed: 1 },
    ...{ toBeRejected: 3, rejected: 2, doubled: 0, phantom: 0 },
  });
  expect(isClean(verdict)).toBe(false);
  const text = describeVerdict(verdict);
  expect(text).toContain('1 did not come out of the Mirror');
  expect(text).toContain('to be rejected: 3; in events.rejected: 2 of them');
  expect(text).toContain('event 19 was to be rejected and is not there');
});

test('without such a look the events that were to be rejected are still spoken of', () => {
  const verifier = new MasterVerifier(ledgerOf(10));
  for (let event = 0; event < 9; event++) verifier.saw(bytesOf(eventIdOf(7, event)), '');
  const verdict = verifier.verdict();
  expect(isClean(verdict)).toBe(true);
  expect(describeVerdict(verdict)).toContain('to be rejected: 1; in events.rejected: not looked for');
});

/** Two clients in turn; numbers that end in 9 are to be rejected; all acknowledged. */
function ledgerOf(events: number): Ledger {
  const ledger = new Ledger({ seed: 7, events, clients: 2, startedAtMs: 0, requests: 0, resends: 0 });
  for (let event = 0; event < events; event++) {
    ledger.plan(event, event % 2, event % 10 === 9 ? 'rejected' : 'clean');
    ledger.note(event, 'acknowledged');
  }
  return ledger;
}
