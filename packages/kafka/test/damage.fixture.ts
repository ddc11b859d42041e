// What the property tests of the decoders share: how often they try, how bytes are damaged, and how much a decoder may take.

const { PENSTOCK_FUZZ_RUNS: runs = '60', PENSTOCK_FUZZ_SEED: seed } = process.env;

/**
 * For fast-check: PENSTOCK_FUZZ_RUNS tries of each property (default 60; a soak takes 100 000), with new values each time.
 * A failure prints its seed; PENSTOCK_FUZZ_SEED repeats it.
 */
export const tries = { numRuns: Number(runs), ...(seed === undefined ? {} : { seed: Number(seed) }) };

/** Room for the longer forms. */
export const triesTimeoutMs = 10_000 + Number(runs) * 100;

/** Lengths and counts that nobody sends: -1, 2^31 - 1, -2^31, and varints of 2^31, 2^32 - 1 and without an end. */
export const hostileLengths = [
  'ffffffff',
  '7fffffff',
  '80000000',
  '8080808008',
  'ffffffff07',
  'ffffffff0f',
  'ffffffffffffffffffff01',
  '80808080808080808080808080808080',
  'fe',
].map((hex) => Buffer.from(hex, 'hex'));

/**
 * A change to some bytes: where, in ten-thousandths of the whole, and what: 0 to 7 flips that bit, from 8 on one of
 * `hostileLengths` is written over what is there.
 */
export type Damage = readonly [at: number, how: number];

export const damageKinds = 8 + hostileLengths.length;

/** A damaged copy. Only bytes from `from` on are touched. */
export function damaged(bytes: Buffer, damages: readonly Damage[], from = 0): Buffer {
  const copy = Buffer.from(bytes);
  for (const [at, how] of damages) {
    const place = from + Math.floor((at * (copy.length - from)) / 10_000);
    if (how < 8) copy[place] = copy[place]! ^ (1 << how);
    else hostileLengths[how - 8]!.copy(copy, place);
  }
  return copy;
}

/**
 * Runs a decoder and throws when it took over a second of CPU or over `bytesMax` of memory for buffers, whatever it answered or threw.
 * Otherwise: what it gave, or the error.
 */
export function within<T>(bytesMax: number, decode: () => T): T | { thrown: unknown } {
  const bytesBefore = process.memoryUsage().arrayBuffers;
  const cpuBefore = process.threadCpuUsage();
  let outcome: T | { thrown: unknown };
  try {
    outcome = decode();
  } catch (thrown) {
    outcome = { thrown };
  }
  const { user, system } = process.threadCpuUsage(cpuBefore);
  const tookMs = (user + system) / 1_000;
  const took = process.memoryUsage().arrayBuffers - bytesBefore;
  if (tookMs > 1_000) throw new Error(`a decoder took ${tookMs} ms`);
  if (took > bytesMax) throw new Error(`a decoder took ${took} bytes`);
  return outcome;
}

/** The error of `within`, or undefined for a value. */
export function errorOf(outcome: unknown): unknown {
  return typeof outcome === 'object' && outcome !== null && 'thrown' in outcome ? outcome.thrown : undefined;
}
