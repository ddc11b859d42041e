import type { Geo } from '@penstock/events';
import { type GeoFile, openReader } from './geo-file.ts';
import { merge, type Place, placeOf } from './geo-record.ts';
import { type GlobalAddress, globalAddress } from './global-address.ts';
import { networkOf } from './network-file.ts';

/** Entries in the address cache of one thread, in two generations; about 300 bytes each. */
const cachedAddressesMax = 32_768;

interface OpenDatabase {
  readonly label: string;
  /** The record of an address, or null; throws on damage. */
  readonly recordOf: (address: GlobalAddress) => unknown;
}

/** What became of a look-up. */
export type LookupResult = 'found' | 'unknown' | 'not_global' | 'broken';

/** Counts look-ups by their result; a counter of the service's metrics fits. */
export interface LookupCounter {
  add(count: number, result: LookupResult): void;
}

interface Answer {
  readonly geo: Geo | null;
  readonly result: LookupResult;
}

/**
 * Looks addresses up in a list of databases, as one thread sees them. The first database that knows a field
 * wins; the ASN and the place may come from different files. A look-up never throws: without a database, or
 * with a damaged one, the answer is null.
 */
export class GeoLookup {
  readonly #databases: OpenDatabase[];
  readonly #counter: LookupCounter;
  #young = new Map<string, Answer>();
  #old = new Map<string, Answer>();

  constructor(files: readonly GeoFile[], counter: LookupCounter) {
    this.#databases = files.map((file) => ({ label: file.label, recordOf: recordsOf(file) }));
    this.#counter = counter;
  }

  /** @param address as the Receiver wrote it; undefined when it knew none. */
  find(address: string | undefined): Geo | null {
    if (address === undefined || this.#databases.length === 0) return null;
    const { geo, result } = this.#young.get(address) ?? this.#remember(address);
    this.#counter.add(1, result);
    return geo;
  }

  /** Looks it up where the young generation does not know it. */
  #remember(address: string): Answer {
    const answer = this.#old.get(address) ?? this.#lookUp(address);
    if (this.#young.size >= cachedAddressesMax / 2) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(address, answer);
    return answer;
  }

  #lookUp(address: string): Answer {
    const global = globalAddress(address);
    if (global === undefined) return { geo: null, result: 'not_global' };
    let place: Place | undefined;
    let isBroken = false;
    const labels: string[] = [];
    for (const database of this.#databases) {
      const found = ask(database, global);
      if (found === 'broken') isBroken = true;
      else if (found !== undefined) {
        place = place === undefined ? found : merge(place, found);
        labels.push(database.label);
      }
    }
    if (place === undefined) return { geo: null, result: isBroken ? 'broken' : 'unknown' };
    return { geo: { ...place, database: labels.join(', ') }, result: 'found' };
  }
}

function ask(database: OpenDatabase, address: GlobalAddress): Place | 'broken' | undefined {
  try {
    return placeOf(database.recordOf(address));
  } catch {
    return 'broken'; // damage that the probes at load time did not touch
  }
}

function recordsOf(file: GeoFile): OpenDatabase['recordOf'] {
  if (file.kind === 'networks') return ({ bytes }) => networkOf(file.table, bytes);
  const reader = openReader(file.bytes);
  // An IPv4 tree walked with the bits of an IPv6 address gives a plausible, wrong place: it had
  // 2001:4860:4860::8888 in Ashburn. The other way round is sound: an IPv6 tree holds IPv4 at ::/96, or has
  // no answer.
  return ({ text, ipVersion }) => (file.ipVersion === 4 && ipVersion === 6 ? null : reader.get(text));
}
