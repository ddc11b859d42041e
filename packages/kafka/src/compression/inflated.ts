import { CorruptBatchError } from './corrupt-batch.ts';

/**
 * The output of an LZ4 or snappy decoder, which writes bytes of its input and repeats bytes that it has
 * written before. It grows as needed, at most to twice what is needed, and never beyond `bytesMax`.
 */
export class Inflated {
  #bytes: Buffer;
  #length = 0;
  readonly #bytesMax: number;

  constructor(expectedBytes: number, bytesMax: number) {
    this.#bytes = Buffer.allocUnsafeSlow(Math.min(expectedBytes, bytesMax));
    this.#bytesMax = bytesMax;
  }

  get length(): number {
    return this.#length;
  }

  finish(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  literal(source: Buffer, start: number, end: number): void {
    if (end > source.length)
      throw new CorruptBatchError(`compressed bytes end at ${source.length}, not ${end}`);
    this.#reserve(end - start);
    const target = this.#bytes;
    let to = this.#length;
    // For a few bytes, a call costs more than a loop.
    if (end - start <= 16) for (let at = start; at < end; at++) target[to++] = source[at]!;
    else source.copy(target, to, start, end);
    this.#length += end - start;
  }

  /**
   * Repeats the bytes from `distance` back on. If `distance` is below `length`, it also repeats what it
   * writes itself.
   */
  repeat(distance: number, length: number): void {
    if (distance < 1 || distance > this.#length)
      throw new CorruptBatchError(`compressed bytes point ${distance} back from ${this.#length}`);
    this.#reserve(length);
    const target = this.#bytes;
    const to = this.#length;
    if (distance >= length && length > 16) target.copyWithin(to, to - distance, to - distance + length);
    else for (let i = 0; i < length; i++) target[to + i] = target[to + i - distance]!;
    this.#length += length;
  }

  #reserve(moreBytes: number): void {
    const wanted = this.#length + moreBytes;
    if (wanted <= this.#bytes.length) return;
    if (wanted > this.#bytesMax)
      throw new CorruptBatchError(`a batch inflates to over ${this.#bytesMax} bytes`);
    const larger = Buffer.allocUnsafeSlow(Math.min(this.#bytesMax, 2 * wanted));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}
