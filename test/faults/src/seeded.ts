/** Whole numbers from 0 to below `limit`. */
export type SeededRandom = (limit: number) => number;

/** The same numbers for the same seed (mulberry32). */
export function seeded(seed: number): SeededRandom {
  let state = seed | 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

export function pickOne<T>(random: SeededRandom, items: readonly T[]): T {
  const item = items[random(items.length)];
  if (item === undefined) throw new Error('nothing to pick from');
  return item;
}

/** What a seeded test is told by `npm run soak`: PENSTOCK_SEED and PENSTOCK_ROUNDS. */
export interface SeededRun {
  /** The same each time unless told otherwise: what is run twice on a green tree is to be green twice. */
  seed: number;
  rounds: number;
  /** The long form: rounds were asked for. */
  long: boolean;
}

export function seededRun(shortRounds: number, environment: NodeJS.ProcessEnv = process.env): SeededRun {
  const { PENSTOCK_SEED: seed, PENSTOCK_ROUNDS: rounds } = environment;
  return { seed: Number(seed || 1), rounds: Number(rounds || shortRounds), long: Boolean(rounds) };
}
