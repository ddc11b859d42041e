import { describe, expect, test } from 'vitest';
import { DedupWindow, keyBytes, keyWords } from './dedup-window.ts';
import type { WindowTime } from './window-time.ts';

function key(id: number, content = 0): Uint32Array {
  // few distinct words, so that ids differ in any one of the four
  return Uint32Array.of(id & 3, (id >>> 2) & 3, (id >>> 4) & 3, id >>> 6, content, 7);
}

/** Both clocks say the same. */
function at(ms: number): WindowTime {
  return { streamMs: ms, commitMs: ms };
}

/** Reproducible: a failing seed is printed by the test's name. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 0x1_0000_0000) * below);
  };
}

describe('against a Map that does the same by hand', () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])('seed %i', (seed) => {
    const roll = random(seed);
    const idsMax = [40, 1000, 6000][roll(3)]!;
    const windowMs = 500;
    const window = new DedupWindow({ windowMs, idsMax }, seed);
    let young = new Map<number, number>();
    let old = new Map<number, number>();
    let pending = new Map<number, number>();
    let since: number | undefined;
    let now = 1000;
    for (let transaction = 0; transaction < 400; transaction++) {
      for (let n = roll(60); n > 0; n--) {
        const id = roll(idsMax * 2);
        const content = roll(4) === 0 ? 1 : 0;
        const known = pending.get(id) ?? young.get(id) ?? old.get(id);
        const expected = known === undefined ? 'new' : known === content ? 'duplicate' : 'conflict';
        expect(window.mark(key(id, content))).toBe(expected);
        if (known === undefined) pending.set(id, content);
      }
      expect(window.pending).toBe(pending.size);
      now += roll(20);
      if (roll(4) === 0) {
        window.undo();
      } else {
        window.settle(at(now));
        for (const [id, content] of pending) young.set(id, content);
        since ??= now;
        if (now - since >= windowMs || young.size >= idsMax / 2) {
          old = young;
          young = new Map();
          since = now;
        }
      }
      pending = new Map();
      expect(window.ids).toBe(young.size + old.size);
    }
  });
});

test('an id is remembered for the whole window, and forgotten after two', () => {
  const window = new DedupWindow({ windowMs: 1000, idsMax: 1 << 20 });
  window.settle(at(0));
  window.mark(key(1));
  window.settle(at(999));
  for (let now = 1000; now < 1999; now += 100) window.settle(at(now));
  expect(window.mark(key(1))).toBe('duplicate');
  window.settle(at(2100));
  expect(window.mark(key(1))).toBe('new');
});

describe('the length of the window, as it really is', () => {
  const windowMs = 600_000;

  /** One transaction a second, of so many events. @returns the window as it was after each. */
  function heldAfter(seconds: number, eventsPerSecond: (second: number) => number, time = at): number[] {
    const window = new DedupWindow({ windowMs, idsMax: 1_024 });
    let id = 0;
    return Array.from({ length: seconds }, (_, second) => {
      for (let n = eventsPerSecond(second); n > 0; n -= 1) window.mark(key(id++));
      window.settle(time(second * 1_000));
      return window.heldMs;
    });
  }

  test('is whole while half of idsMax lasts for it, and shorter beyond', () => {
    expect(new Set(heldAfter(3_000, (n) => (n % 4 === 0 ? 3 : 0)))).toEqual(new Set([windowMs]));
    // 512 ids at 8 a second: a generation turns after 64 s, and an id is forgotten with the second turn.
    const held = heldAfter(3_000, () => 8);
    expect(held.slice(0, 127)).toEqual(Array.from({ length: 127 }, () => windowMs));
    expect(new Set(held.slice(127))).toEqual(new Set([64_000]));
  });

  test('no id is forgotten sooner than it says', () => {
    const window = new DedupWindow({ windowMs, idsMax: 1_024 });
    const lastMs = new Map<number, number>();
    const roll = random(9);
    for (let second = 0, id = 0; second < 2_000; second += 1) {
      for (let n = roll(20); n > 0; n -= 1) {
        window.mark(key(id));
        lastMs.set(id++, second * 1_000);
      }
      window.settle(at(second * 1_000));
      if (second % 50 !== 0) continue;
      const young = [...lastMs].filter(([, ms]) => second * 1_000 - ms < window.heldMs);
      for (const [known] of young) expect(window.mark(key(known))).toBe('duplicate');
      window.undo();
    }
    expect(window.heldMs).toBeLessThan(100_000);
  });

  test('is whole again when the rush is over', () => {
    const held = heldAfter(3_000, (second) => (second < 300 ? 8 : second % 4 === 0 ? 3 : 0));
    expect(held.slice(127, 300)).toEqual(Array.from({ length: 173 }, () => 64_000));
    expect(held.at(-1)).toBe(windowMs);
  });

  test('a backlog that is worked off in a tenth of the time makes it no shorter', () => {
    const tenfold = (ms: number): WindowTime => ({ streamMs: ms, commitMs: ms / 10 });
    expect(new Set(heldAfter(3_000, (n) => (n % 4 === 0 ? 3 : 0), tenfold))).toEqual(new Set([windowMs]));
  });
});

test('a full window costs at most 32 bytes an id', () => {
  const idsMax = 1 << 18;
  const window = new DedupWindow({ windowMs: 1e9, idsMax });
  const words = new Uint32Array(keyWords);
  for (let id = 0; id < idsMax - 1; id++) {
    words[0] = id;
    window.mark(words);
    if (id % 1000 === 999) window.settle(at(1));
  }
  // a generation may exceed its half by one transaction, which is what the tolerance is for
  expect(window.ids).toBeGreaterThan(idsMax * 0.95);
  expect(window.bytes / window.ids).toBeLessThanOrEqual(32.5);
});

test('a rebuild from the keys of each transaction knows what the first owner knew', () => {
  const first = new DedupWindow({ windowMs: 300, idsMax: 2000 });
  const second = new DedupWindow({ windowMs: 300, idsMax: 2000 });
  const roll = random(42);
  for (let now = 0; now < 3000; now += 10) {
    for (let n = roll(30); n > 0; n--) first.mark(key(roll(3000), roll(2)));
    const keys = first.pendingKeys();
    expect(keys.length).toBe(first.pending * keyBytes);
    first.settle(at(now));
    second.restore(keys, at(now));
  }
  expect(second.ids).toBe(first.ids);
  for (let id = 0; id < 3000; id++) {
    expect(second.mark(key(id)) === 'new', `id ${id}`).toBe(first.mark(key(id)) === 'new');
  }
});

test('one transaction larger than the whole window is kept until it settles', () => {
  const window = new DedupWindow({ windowMs: 1000, idsMax: 100 });
  for (let id = 0; id < 20_000; id++) expect(window.mark(key(id))).toBe('new');
  for (let id = 0; id < 20_000; id++) expect(window.mark(key(id))).toBe('duplicate');
  window.undo();
  expect(window.ids).toBe(0);
  expect(window.mark(key(5))).toBe('new');
});

describe('whatever one clock says, an id is remembered for a window of real time', () => {
  const windowMs = 600_000;
  const minute = 60_000;

  /** What the two clocks show after so many minutes of real time. */
  const clocks: Readonly<Record<string, (minutes: number) => WindowTime>> = {
    'a Receiver jumps 50 minutes ahead': (n) => ({
      commitMs: n * minute,
      streamMs: (n < 3 ? n : n + 50) * minute,
    }),
    'a Receiver jumps ahead and back again': (n) => ({
      commitMs: n * minute,
      streamMs: (n < 3 ? n : 53) * minute, // the highest so far
    }),
    // One jump alone turns one generation of the two, and nothing is forgotten yet.
    'one Receiver after the other jumps more than a window ahead': (n) => ({
      commitMs: n * minute,
      streamMs: (n < 3 ? n : n * 12) * minute,
    }),
    'the filter that takes over is 2 hours ahead': (n) => ({
      commitMs: (n < 3 ? n : n + 120) * minute,
      streamMs: n * minute,
    }),
    'the filter that takes over is 2 hours behind': (n) => ({
      commitMs: (n < 3 ? n : n - 120) * minute,
      streamMs: n * minute,
    }),
    'the filter works off a backlog at twice the speed': (n) => ({
      commitMs: (n / 2) * minute,
      streamMs: n * minute,
    }),
    'the filter falls behind to half the speed': (n) => ({
      commitMs: n * 2 * minute,
      streamMs: n * minute,
    }),
  };

  test.each(Object.entries(clocks))('%s', (_, timeAt) => {
    for (const first of [0, 1, 2, 3, 4]) {
      const window = new DedupWindow({ windowMs, idsMax: 1 << 20 });
      let id = 0;
      for (let n = 0; n < first + 9; n += 0.25) {
        if (n === first) window.mark(key(7));
        window.mark(key((id += 8)));
        window.settle(timeAt(n));
      }
      expect(window.mark(key(7))).toBe('duplicate');
    }
  });

  test('and is forgotten when both have gone on', () => {
    const window = new DedupWindow({ windowMs, idsMax: 1 << 20 });
    window.mark(key(7));
    for (let n = 0; n < 25; n += 1) window.settle(at(n * minute));
    expect(window.mark(key(7))).toBe('new');
  });
});
