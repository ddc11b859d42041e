import { crc32 } from 'node:zlib';
import type { Hop } from './hop.ts';

const inRaw = 1;
const inClean = 2;
const inRejected = 4;

/** In which topics of the datacenter the events of a run were seen: 5 bytes an event. */
export class DatacenterSightings {
  readonly #seen: Uint8Array;
  readonly #checksums: Uint32Array;

  constructor(events: number) {
    this.#seen = new Uint8Array(events);
    this.#checksums = new Uint32Array(events);
  }

  raw(event: number): void {
    this.#mark(event, inRaw);
  }

  clean(event: number, value: Uint8Array): void {
    // The first one: a double must not hide that it differs.
    if (this.#has(event, inClean)) return;
    this.#mark(event, inClean);
    if (event < this.#checksums.length) this.#checksums[event] = crc32(value);
  }

  rejected(event: number): void {
    this.#mark(event, inRejected);
  }

  isRejected(event: number): boolean {
    return this.#has(event, inRejected);
  }

  /** Whether the datacenter's clean topic has other bytes for this event. */
  differs(event: number, value: Uint8Array): boolean {
    return this.#has(event, inClean) && this.#checksums[event] !== crc32(value);
  }

  /** Which service had an event last that is not in the master. */
  lastHop(event: number): Hop {
    if (this.#has(event, inClean)) return 'Mirror';
    return this.#has(event, inRaw | inRejected) ? 'Input Filter' : 'Receiver';
  }

  #mark(event: number, topic: number): void {
    if (event < this.#seen.length) this.#seen[event]! |= topic;
  }

  #has(event: number, topics: number): boolean {
    return ((this.#seen[event] ?? 0) & topics) !== 0;
  }
}
