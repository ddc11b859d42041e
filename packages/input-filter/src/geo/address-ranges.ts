/** Sorted ranges of addresses of one family, and for each the number of what they belong to. */
export interface AddressRanges {
  /** 32-bit words of an address: 1 for IPv4, 4 for IPv6. */
  readonly words: 1 | 4;
  /** Highest word first. */
  readonly starts: Uint32Array;
  /** The last address of each range. */
  readonly ends: Uint32Array;
  readonly owners: Uint32Array;
}

/** @returns the owner of the range that holds the address (4 or 16 bytes), or -1. */
export function ownerOf(ranges: AddressRanges, address: Uint8Array): number {
  const { words, starts, ends, owners } = ranges;
  for (let n = 0; n < address.length; n += 4) {
    sought[n / 4] = (address[n]! << 24) | (address[n + 1]! << 16) | (address[n + 2]! << 8) | address[n + 3]!;
  }
  let low = 0;
  let high = owners.length; // the first range that starts behind the address
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBefore(sought, 0, starts, middle * words, words)) high = middle;
    else low = middle + 1;
  }
  const found = low - 1;
  if (found < 0 || isBefore(ends, found * words, sought, 0, words)) return -1;
  return owners[found]!;
}

const sought = new Uint32Array(4);

/** Collects ranges in the order of their addresses, as long as nobody knows how many there are. */
export class RangeCollector {
  readonly #words: 1 | 4;
  #starts: Uint32Array;
  #ends: Uint32Array;
  #owners: Uint32Array;
  #count = 0;

  constructor(words: 1 | 4) {
    this.#words = words;
    this.#starts = new Uint32Array(1024 * words);
    this.#ends = new Uint32Array(1024 * words);
    this.#owners = new Uint32Array(1024);
  }

  /**
   * @param first in words; copied, like `last`.
   * @returns false, and keeps nothing, when the range does not begin behind the one before it.
   */
  add(first: Uint32Array, last: Uint32Array, owner: number): boolean {
    const words = this.#words;
    if (this.#count === this.#owners.length) this.#grow();
    const at = this.#count * words;
    for (let word = 0; word < words; word++) {
      this.#starts[at + word] = first[word]!;
      this.#ends[at + word] = last[word]!;
    }
    if (isBefore(this.#ends, at, this.#starts, at, words)) return false;
    if (at > 0 && !isBefore(this.#ends, at - words, this.#starts, at, words)) return false;
    this.#owners[this.#count++] = owner;
    return true;
  }

  get count(): number {
    return this.#count;
  }

  /** In shared memory: posting it to a worker copies nothing. */
  shared(): AddressRanges {
    const words = this.#count * this.#words;
    return {
      words: this.#words,
      starts: sharedCopy(this.#starts.subarray(0, words)),
      ends: sharedCopy(this.#ends.subarray(0, words)),
      owners: sharedCopy(this.#owners.subarray(0, this.#count)),
    };
  }

  #grow(): void {
    this.#starts = twice(this.#starts);
    this.#ends = twice(this.#ends);
    this.#owners = twice(this.#owners);
  }
}

export function sharedCopy(words: Uint32Array): Uint32Array {
  const copy = new Uint32Array(new SharedArrayBuffer(words.byteLength));
  copy.set(words);
  return copy;
}

function twice(words: Uint32Array): Uint32Array {
  const more = new Uint32Array(words.length * 2);
  more.set(words);
  return more;
}

function isBefore(a: Uint32Array, aAt: number, b: Uint32Array, bAt: number, words: number): boolean {
  for (let n = 0; n < words; n++) {
    if (a[aAt + n] !== b[bAt + n]) return a[aAt + n]! < b[bAt + n]!;
  }
  return false;
}
