import type { Geo } from '@penstock/events';
import type { Reader, Response } from 'maxmind';
import { type GeoFile, openReader } from './geo-file.ts';
import { merge, type Place, placeOf } from './geo-record.ts';
import { type GlobalAddress, globalAddress } from './global-address.ts';

/** Entries of the address cache of one thread, in two generations; about 300 bytes each. */
const CACHED_ADDRESSES_MAX = 32_768;

interface OpenDatabase {
  label: string;
  ipVersion: 4 | 6;
  reader: Reader<Response>;
}

/**
 * Looks addresses up in a list of databases, one thread's view. The first database that knows a field wins; ASN and place may
 * come from different files. A lookup never throws: without a database, or with a damaged one, the answer is null.
 */
export class GeoLookup {
  /** Since the thread started; read by the metrics. */
  readonly counts = { found: 0, unknown: 0, notGlobal: 0, broken: 0 };
  readonly #databases: OpenDatabase[];
  #young = new Map<string, Geo | null>();
  #old = new Map<string, Geo | null>();

  constructor(files: readonly GeoFile[]) {
    this.#databases = files.map((file) => ({
      label: file.label,
      ipVersion: file.ipVersion,
      reader: openReader(file.bytes),
    }));
  }

  /** @param address as the Receiver wrote it; undefined when it knew none. */
  find(address: string | undefined): Geo | null {
    if (address === undefined || this.#databases.length === 0) return null;
    const known = this.#young.get(address) ?? this.#old.get(address);
    const geo = known === undefined ? this.#lookUp(address) : known;
    if (geo === null) this.counts.unknown += 1;
    else this.counts.found += 1;
    if (!this.#young.has(address)) this.#remember(address, geo);
    return geo;
  }

  #lookUp(address: string): Geo | null {
    const global = globalAddress(address);
    if (global === undefined) {
      this.counts.notGlobal += 1;
      return null;
    }
    let place: Place | undefined;
    const labels: string[] = [];
    for (const database of this.#databases) {
      const found = this.#ask(database, global);
      if (found === undefined) continue;
      place = place === undefined ? found : merge(place, found);
      labels.push(database.label);
    }
    return place === undefined ? null : { ...place, database: labels.join(', ') };
  }

  #ask(database: OpenDatabase, address: GlobalAddress): Place | undefined {
    // An IPv4 tree walked with the bits of an IPv6 address gives a plausible, wrong place (2001:4860:4860::8888 was in
    // Ashburn). The other way round is sound: an IPv6 tree holds IPv4 at ::/96 or has no answer.
    if (database.ipVersion === 4 && address.ipVersion === 6) return undefined;
    try {
      return placeOf(database.reader.get(address.text));
    } catch {
      this.counts.broken += 1; // damage that the probes at load time did not touch
      return undefined;
    }
  }

  #remember(address: string, geo: Geo | null): void {
    if (this.#young.size >= CACHED_ADDRESSES_MAX / 2) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(address, geo);
  }
}
