import { expect, onTestFinished, test } from 'vitest';
import { startProxy } from './proxy.ts';
import { drawFault } from './random-fault.ts';
import { seeded, seededRun } from './seeded.ts';

async function namesOf(seed: number, count: number): Promise<string[]> {
  const proxies = [await startProxy(), await startProxy()];
  onTestFinished(async () => {
    for (const proxy of proxies) await proxy[Symbol.asyncDispose]();
  });
  const random = seeded(seed);
  return Array.from({ length: count }, () => drawFault(random, proxies, { muteMsMax: 1_000 }).name);
}

test('a seed draws the same faults again, another seed others', async () => {
  const first = await namesOf(7, 50);
  expect(await namesOf(7, 50)).toEqual(first);
  expect(await namesOf(8, 50)).not.toEqual(first);
});

test('every kind of fault is drawn at every broker; half of them lose the answer to Produce', async () => {
  const names = await namesOf(1, 2_000);
  for (const kind of [
    /^a lost answer to produce at broker 1/,
    /^a swallowed answer to produce at broker 2/,
    /^a lost answer to endTxn/,
    /^a cut before txnOffsetCommit/,
    /^a swallowed metadata/,
    /^a cut after \d+ bytes toBroker/,
    /^a cut after \d+ bytes toClient/,
    /^a cut of all connections/,
    /^a reset of all connections/,
    /^a FIN to the clients/,
    /^a FIN to the broker/,
    /^refused connections/,
    /^\d+ ms more each way/,
    /^nothing toBroker for/,
    /^nothing toBroker and toClient for/,
  ]) {
    expect(
      names.some((name) => kind.test(name)),
      String(kind),
    ).toBe(true);
  }
  const lost = names.filter((name) => /(lost|swallowed) answer to produce/.test(name));
  expect(lost.length).toBeGreaterThan(900);
});

test('a run is short and always the same unless the environment asks for rounds or a seed', () => {
  expect(seededRun(10, {})).toEqual({ seed: 1, rounds: 10, long: false });
  expect(seededRun(10, { PENSTOCK_SEED: '42', PENSTOCK_ROUNDS: '200' })).toEqual({
    seed: 42,
    rounds: 200,
    long: true,
  });
});
