import { expect, test } from 'vitest';
import { clusterNames, faultKinds } from './fault-kinds.ts';
import { describeFault, endOf, freeAgainAt, planFaults, type PlannedFault } from './plan.ts';

const seeds = Array.from({ length: 40 }, (_, seed) => seed);

test('the same seed gives the same plan, another seed another one', () => {
  const options = { seed: 7, seconds: 300 };
  expect(planFaults(options)).toEqual(planFaults(options));
  expect(planFaults({ ...options, seed: 8 })).not.toEqual(planFaults(options));
});

test('every kind occurs when there is time', () => {
  for (const seed of seeds) {
    const names = new Set(planFaults({ seed, seconds: 300 }).map(({ kind }) => kind.name));
    expect(faultKinds.map(({ name }) => name).filter((name) => !names.has(name))).toEqual([]);
  }
});

test('only the chosen kinds occur, each of them even in a short run', () => {
  const kinds = faultKinds.filter(({ name }) =>
    ['kill-filter', 'kill-broker', 'lose-produce'].includes(name),
  );
  const plan = planFaults({ seed: 1, seconds: 30, kinds });
  expect(new Set(plan.map(({ kind }) => kind.name))).toEqual(new Set(kinds.map(({ name }) => name)));
  expect(planFaults({ seed: 1, seconds: 60, kinds: [] })).toEqual([]);
});

test('never more is broken at once than the promise bears, unless the fault says so', () => {
  for (const seed of seeds) {
    const plan = planFaults({ seed, seconds: 600 });
    for (const moment of plan) {
      const now = running(plan, moment.at);
      expect(now.length).toBeLessThanOrEqual(3);
      for (const cluster of clusterNames) {
        const there = now.filter(({ target }) => target.on === 'cluster' && target.cluster === cluster);
        const away = there.reduce((sum, { kind }) => sum + (kind.brokersAway ?? 0), 0);
        const said = Math.max(1, ...there.map(({ kind }) => kind.brokersAway ?? 0));
        expect(away).toBeLessThanOrEqual(said);
      }
      // Decision 9: the window holds as long as the Receivers' clocks or the filters' are right.
      const clocks = now.filter(({ kind }) => ['clock-receiver', 'clock-filter'].includes(kind.name));
      expect(clocks.length).toBeLessThanOrEqual(1);
    }
  }
});

test('what was hurt has its rest before it is hurt again, and all is over with the load', () => {
  for (const seed of seeds) {
    const plan = planFaults({ seed, seconds: 240 });
    for (const [index, fault] of plan.entries()) {
      expect(endOf(fault)).toBeLessThanOrEqual(240);
      const [least, most] = fault.kind.seconds;
      expect(fault.seconds).toBeGreaterThanOrEqual(least);
      expect(fault.seconds).toBeLessThanOrEqual(most);
      const inSameRoom = plan
        .slice(index + 1)
        .filter((later) => later.rooms.some((room) => fault.rooms.includes(room)));
      expect(inSameRoom.filter(({ at }) => at < freeAgainAt(fault))).toEqual([]);
    }
  }
});

test('a fault says in words what it hurts', () => {
  const plan = planFaults({ seed: 1, seconds: 600 });
  const words = plan.map(describeFault);
  expect(words.some((text) => /^kill-broker \((datacenter|master), broker [123]\)$/.test(text))).toBe(true);
  expect(words).toContain('restart-filter (all)');
  expect(words).toContain('cut-datacenter (master)');
});

function running(plan: readonly PlannedFault[], at: number): PlannedFault[] {
  return plan.filter((fault) => fault.at <= at && endOf(fault) > at);
}
