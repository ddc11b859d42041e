import type { FileHandle } from 'node:fs/promises';
import { type AddressRanges, ownerOf, RangeCollector, sharedCopy } from './address-ranges.ts';
import { beginsIpv6, readAddressWords } from './address-words.ts';

/** Which network (autonomous system) an address belongs to. All of it is shared memory. */
export interface NetworkTable {
  readonly ipv4: AddressRanges;
  readonly ipv6: AddressRanges;
  /** Numbers of the autonomous systems, by owner. */
  readonly numbers: Uint32Array;
  /** Where the name of each ends in `names`; it begins where the one before ends. */
  readonly nameEnds: Uint32Array;
  /** UTF-8. */
  readonly names: Uint8Array;
}

/** What a network database says, as the records of other databases spell it. */
export interface NetworkRecord {
  readonly asn: number;
  readonly as_name: string;
}

/** @param address 4 or 16 bytes. */
export function networkOf(table: NetworkTable, address: Uint8Array): NetworkRecord | null {
  const owner = ownerOf(address.length === 4 ? table.ipv4 : table.ipv6, address);
  if (owner < 0) return null;
  const from = owner === 0 ? 0 : table.nameEnds[owner - 1]!;
  const { buffer, byteOffset } = table.names;
  const name = Buffer.from(buffer, byteOffset + from, table.nameEnds[owner]! - from);
  return { asn: table.numbers[owner]!, as_name: name.toString('utf8') };
}

/** Read at a time; the event loop turns in between. */
const pieceBytes = 256 * 1024;
/** One in a thousand lines may make no sense: the embedded file has a range that overlaps another. */
const badLinesShareMax = 0.001;

/**
 * Reads lines of `first address,last address,number,name` (ip-location-db, DB-IP ASN Lite), in the order of
 * the addresses, into tables of a third of their size. The first line may be a header. Throws when they are
 * something else.
 */
export async function readNetworks(file: FileHandle): Promise<NetworkTable> {
  const lines = new NetworkLines();
  const piece = Buffer.alloc(pieceBytes);
  let kept = 0; // of a line that is not whole yet
  for (;;) {
    if (kept === piece.length) throw new Error('a line without end');
    const { bytesRead } = await file.read(piece, kept, piece.length - kept);
    if (bytesRead === 0) break;
    const end = lines.addAll(piece.subarray(0, kept + bytesRead));
    piece.copyWithin(0, end, kept + bytesRead);
    kept += bytesRead - end;
  }
  if (kept > 0) throw new Error('the last line has no end: the file is cut off');
  return lines.table();
}

class NetworkLines {
  #isFirstLine = true;
  readonly #ipv4 = new RangeCollector(1);
  readonly #ipv6 = new RangeCollector(4);
  readonly #owners = new Map<number, number>();
  readonly #nameEnds: number[] = [];
  /** All names in one piece: an object for each would stay in the heap until its next collection. */
  #names = Buffer.alloc(64 * 1024);
  #bad = 0;

  /** @returns where the first line that is not whole begins. */
  addAll(bytes: Buffer): number {
    let from = 0;
    for (let end; (end = bytes.indexOf(newline, from)) >= 0; from = end + 1) {
      if (end === from) continue;
      const isHeader = this.#isFirstLine && !beginsWithAddress(bytes, from);
      this.#isFirstLine = false;
      if (!isHeader && !this.#add(bytes, from, bytes[end - 1] === 0x0d ? end - 1 : end)) this.#bad += 1;
    }
    return from;
  }

  table(): NetworkTable {
    const ranges = this.#ipv4.count + this.#ipv6.count;
    if (ranges === 0 || this.#bad > ranges * badLinesShareMax) {
      throw new Error(`lines that are not ranges in address order: ${this.#bad}; good lines: ${ranges}`);
    }
    const names = new Uint8Array(new SharedArrayBuffer(this.#nameEnds.at(-1)!));
    names.set(this.#names.subarray(0, names.length));
    return {
      ipv4: this.#ipv4.shared(),
      ipv6: this.#ipv6.shared(),
      numbers: sharedCopy(Uint32Array.from(this.#owners.keys())),
      nameEnds: sharedCopy(Uint32Array.from(this.#nameEnds)),
      names,
    };
  }

  #add(bytes: Buffer, from: number, end: number): boolean {
    let at = bytes[from] === quote ? from + 1 : from;
    const isIpv6 = beginsIpv6(bytes, at);
    at = behindField(bytes, readAddressWords(bytes, at, isIpv6, first));
    if (at < 0) return false;
    if (bytes[at] === quote) at += 1;
    at = behindField(bytes, readAddressWords(bytes, at, isIpv6, last));
    if (at < 0) return false;
    const nameAt = bytes.indexOf(comma, at) + 1;
    const number = numberIn(bytes, at, nameAt - 1);
    if (nameAt === 0 || nameAt > end || number < 0) return false;
    const owner = this.#owners.get(number) ?? this.#newOwner(number, bytes, nameAt, end);
    return (isIpv6 ? this.#ipv6 : this.#ipv4).add(first, last, owner);
  }

  /** A system has one name: the first. It is copied without the quotes of its field. */
  #newOwner(number: number, bytes: Buffer, from: number, end: number): number {
    const isQuoted = bytes[from] === quote;
    const nameEnd = isQuoted ? end - 1 : end;
    let to = this.#nameEnds.at(-1) ?? 0;
    if (to + end - from > this.#names.length)
      this.#names = Buffer.concat([this.#names], 2 * this.#names.length + end - from);
    for (let at = isQuoted ? from + 1 : from; at < nameEnd; at++) {
      if (isQuoted && bytes[at] === quote) at += 1; // "" stands for one
      this.#names[to++] = bytes[at]!;
    }
    this.#owners.set(number, this.#nameEnds.length);
    return this.#nameEnds.push(to) - 1;
  }
}

const newline = 0x0a;
const comma = 0x2c;
const quote = 0x22;

const first = new Uint32Array(4);
const last = new Uint32Array(4);

/** A header line does not. */
function beginsWithAddress(bytes: Buffer, from: number): boolean {
  const at = bytes[from] === quote ? from + 1 : from;
  return readAddressWords(bytes, at, beginsIpv6(bytes, at), first) >= 0;
}

/** @returns where the next field begins, or -1 when this one does not end at `at`. */
function behindField(bytes: Buffer, at: number): number {
  if (at < 0) return -1;
  const end = bytes[at] === quote ? at + 1 : at;
  return bytes[end] === comma ? end + 1 : -1;
}

/** 13335, "13335" and AS13335 alike; -1 for what is no number of an autonomous system. */
function numberIn(bytes: Buffer, from: number, end: number): number {
  let number = 0;
  let digits = 0;
  for (let at = from; at < end; at++) {
    const byte = bytes[at]!;
    if (byte >= 0x30 && byte <= 0x39) {
      number = number * 10 + byte - 0x30;
      digits += 1;
    } else if (digits > 0 ? byte !== quote : byte !== quote && byte !== 0x41 && byte !== 0x53) return -1;
  }
  return digits > 0 && number <= 0xffff_ffff ? number : -1;
}
