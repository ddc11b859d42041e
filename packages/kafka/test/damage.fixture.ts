// Shared by the property tests of the decoders: how often they try, how they damage bytes, and how much a
// decoder may use.

const { PENSTOCK_FUZZ_RUNS: runs = '60', PENSTOCK_FUZZ_SEED: seed } = process.env;

/**
 * For fast-check: PENSTOCK_FUZZ_RUNS tries of each property (default 60; a soak takes 100 000), with new
 * values each time. A failure prints its seed; PENSTOCK_FUZZ_SEED repeats it.
 */
export const tries = { numRuns: Number(runs), ...(seed === undefined ? {} : { seed: Number(seed) }) };

/** Enough time for the longer forms. */
export const triesTimeoutMs = 10_000 + Number(runs) * 100;

/**
 * Lengths and counts that no broker sends: -1, 2^31 - 1, -2^31, varints of 2^31 and 2^32 - 1, and one without
 * an end.
 */
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
 * A change to some bytes. First where: in ten-thousandths of the whole. Then what: 0 to 7 flips that bit, and
 * from 8 on one of `hostileLengths` overwrites what is there.
 */
export type Damage = readonly [at: number, how: number];

export const damageKinds = 8 + hostileLengths.length;

/** A damaged copy. Bytes before `from` stay as they are. */
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
 * Runs a decoder. Throws when it used more than a second of CPU, or more than `bytesMax` of memory for
 * buffers, whatever it returned or threw. Otherwise it returns the decoder's result, or its error.
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
