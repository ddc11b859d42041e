import { Reader, type Response } from 'maxmind';
import { open, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isSystemError, unreadableFile } from '@penstock/service';
import { FilterError } from '../errors.ts';
import { placeOf } from './geo-record.ts';
import { type NetworkTable, readNetworks } from './network-file.ts';

/** One GeoIP database in memory that all threads share; posting it to a worker copies nothing. */
export type GeoFile = TreeFile | NetworkFile;

interface Named {
  readonly path: string;
  /** Name and build as they appear in events: `dbip-city-ipv4 2026-06-05`. */
  readonly label: string;
}

/** A .mmdb file, as it is. */
export interface TreeFile extends Named {
  readonly kind: 'tree';
  readonly ipVersion: 4 | 6;
  readonly bytes: SharedArrayBuffer;
}

/** What a .csv file of networks says. */
export interface NetworkFile extends Named {
  readonly kind: 'networks';
  readonly table: NetworkTable;
}

/** Above this it is no GeoIP database, or one that needs a bigger machine than the filter's. */
const fileBytesMax = 1024 ** 3;

/**
 * Reads a database (.mmdb, GeoIP2 or flat layout, or .csv of networks) and proves that it answers before
 * anyone relies on it. Throws FilterError code GEOIP: missing, cut off, not a database, or no answer that
 * makes a place.
 */
export async function loadGeoFile(path: string): Promise<GeoFile> {
  try {
    return path.endsWith('.csv') ? await loadNetworks(path) : await loadTree(path);
  } catch (cause) {
    const told = cause instanceof Error ? cause.message : String(cause);
    const why = isSystemError(cause) ? unreadableFile(path, cause) : told;
    throw new FilterError('GEOIP', `GeoIP database ${path} cannot be used: ${why}`, { cause });
  }
}

async function loadTree(path: string): Promise<TreeFile> {
  const bytes = await readShared(path);
  const { metadata } = openReader(bytes);
  const file: TreeFile = {
    kind: 'tree',
    path,
    label: `${basename(path).replace(/\.mmdb$/, '')} ${dayOf(metadata.buildEpoch)}`,
    ipVersion: metadata.ipVersion === 6 ? 6 : 4,
    bytes,
  };
  probe(file);
  return file;
}

async function loadNetworks(path: string): Promise<NetworkFile> {
  await using file = await open(path, 'r');
  const { size, mtime } = await file.stat();
  if (size > fileBytesMax) throw new Error(`${size} bytes, more than ${fileBytesMax}`);
  const table = await readNetworks(file);
  const build = (await packageVersion(dirname(path))) ?? dayOf(mtime);
  return { kind: 'networks', path, label: `${basename(path, '.csv')} ${build}`, table };
}

/** A .csv file does not say when it was built, and files out of an npm package are all dated 1985. */
async function packageVersion(folder: string): Promise<string | undefined> {
  try {
    const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as {
      version?: unknown;
    };
    return typeof version === 'string' ? version : undefined;
  } catch {
    return undefined; // it is no part of a package
  }
}

/** A file that says it was built in the year 584 billion may know places all the same. */
function dayOf(date: Date): string {
  return Number.isNaN(date.getTime()) ? 'undated' : date.toISOString().slice(0, 10);
}

export function openReader(bytes: SharedArrayBuffer): Reader<Response> {
  return new Reader<Response>(Buffer.from(bytes));
}

/** Into shared memory directly: a database of 70 MB is never held twice. */
async function readShared(path: string): Promise<SharedArrayBuffer> {
  await using file = await open(path, 'r');
  const { size } = await file.stat();
  if (size > fileBytesMax) throw new Error(`${size} bytes, more than ${fileBytesMax}`);
  const shared = new SharedArrayBuffer(size);
  const bytes = Buffer.from(shared);
  for (let at = 0; at < size;) {
    const { bytesRead } = await file.read(bytes, at, Math.min(size - at, 8 * 1024 * 1024), at);
    if (bytesRead === 0) throw new Error(`cut off at byte ${at} of ${size} while being read`);
    at += bytesRead;
  }
  return shared;
}

const probes = 256;
const networksMax = 10_000;

/**
 * Walks the tree along addresses spread over the whole range. A damaged file throws on some of them, and a
 * database of something else (the tree is the same for all of them) has no record that makes a place. A
 * database of a few networks only, such as an operator's own, knows none of these addresses: that one is
 * walked from network to network.
 */
function probe({ bytes, ipVersion }: TreeFile): void {
  const reader = openReader(bytes);
  let places = 0;
  for (let n = 0; n < probes; n++) {
    // 2000::/3 is where global IPv6 addresses are; the step visits 2001:200.. to 3fff:..
    const address =
      ipVersion === 4
        ? `${n}.${(n * 37) % 256}.${(n * 101) % 256}.1`
        : `${(0x2001 + ((n * 0x25) & 0x1ff)).toString(16)}:${((n * 0x1d1) & 0xffff).toString(16)}::1`;
    if (isPlace(reader.get(address))) places += 1;
  }
  if (places === 0 && !hasPlace(reader, ipVersion))
    throw new Error(`neither ${probes} probed addresses nor its first networks have a place or a network`);
}

function hasPlace(reader: Reader<Response>, ipVersion: 4 | 6): boolean {
  const bits = ipVersion === 4 ? 32 : 128;
  let address = 0n;
  for (let n = 0; n < networksMax && address < 1n << BigInt(bits); n++) {
    const [record, prefixLength] = reader.getWithPrefixLength(addressText(address, bits));
    if (isPlace(record)) return true;
    address += 1n << BigInt(bits - prefixLength);
  }
  return false;
}

function isPlace(record: unknown): boolean {
  return record !== null && placeOf(record) !== undefined;
}

function addressText(address: bigint, bits: 32 | 128): string {
  const hex = address.toString(16).padStart(bits / 4, '0');
  if (bits === 128) return hex.match(/.{4}/g)!.join(':');
  return hex
    .match(/../g)!
    .map((byte) => Number.parseInt(byte, 16))
    .join('.');
}
