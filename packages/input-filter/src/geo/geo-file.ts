import { Reader, type Response } from 'maxmind';
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { FilterError } from '../errors.ts';
import { placeOf } from './geo-record.ts';

/** One GeoIP database in memory that all threads share; posting it to a worker copies nothing. */
export interface GeoFile {
  readonly path: string;
  /** Name and build as they appear in events: `dbip-city-ipv4 2026-06-05`. */
  readonly label: string;
  readonly ipVersion: 4 | 6;
  readonly bytes: SharedArrayBuffer;
}

/** Above this it is no GeoIP database, or one that needs a bigger machine than the filter's. */
const fileBytesMax = 1024 ** 3;

/**
 * Reads a database (.mmdb, GeoIP2 or flat layout) and proves that it answers before anyone relies on it.
 * Throws FilterError code GEOIP: missing, cut off, not a database, or no answer that makes a place.
 */
export async function loadGeoFile(path: string): Promise<GeoFile> {
  try {
    const bytes = await readShared(path);
    const { metadata } = openReader(bytes);
    const file: GeoFile = {
      path,
      label: `${basename(path).replace(/\.mmdb$/, '')} ${metadata.buildEpoch.toISOString().slice(0, 10)}`,
      ipVersion: metadata.ipVersion === 6 ? 6 : 4,
      bytes,
    };
    probe(file);
    return file;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new FilterError('GEOIP', `GeoIP database ${path} cannot be used: ${why}`, { cause });
  }
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

const probesMin = 256;

/**
 * Walks the tree along addresses spread over the whole range. A damaged file throws on some of them, and a
 * database of something else (the tree is the same for all of them) has no record that makes a place.
 */
function probe(file: GeoFile): void {
  const reader = openReader(file.bytes);
  let places = 0;
  for (let n = 0; n < probesMin; n++) {
    // 2000::/3 is where global IPv6 addresses are; the step visits 2001:200.. to 3fff:..
    const address =
      file.ipVersion === 4
        ? `${n}.${(n * 37) % 256}.${(n * 101) % 256}.1`
        : `${(0x2001 + ((n * 0x25) & 0x1ff)).toString(16)}:${((n * 0x1d1) & 0xffff).toString(16)}::1`;
    const record = reader.get(address);
    if (record !== null && placeOf(record) !== undefined) places += 1;
  }
  if (places === 0) throw new Error(`none of ${probesMin} probed addresses has a place or a network`);
}
