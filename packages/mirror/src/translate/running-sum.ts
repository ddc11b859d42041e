import { crc32 } from 'node:zlib';

/** CRC-32 over numbers of 32 bits, in their order. */
export class RunningSum {
  readonly #bytes = Buffer.alloc(4);
  #sum = 0;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  get hex(): string {
    return this.#sum.toString(16).padStart(8, '0');
  }

  add(number: number): void {
    this.#bytes.writeUInt32BE(number, 0);
    this.#sum = crc32(this.#bytes, this.#sum);
    this.#count += 1;
  }
}
