import type { Geo } from '@penstock/events';

/** What one database says about an address. */
export type Place = Omit<Geo, 'database'>;

/**
 * Reads a record of either layout, places and networks alike: GeoIP2 (MaxMind, DB-IP: nested, names by
 * language), or flat (ip-location-db, IPinfo: country_code, state1, city, ...).
 *
 * @returns undefined when the record holds none of our fields. Never throws, for the file is somebody else's.
 */
export function placeOf(record: unknown): Place | undefined {
  if (!isMap(record)) return undefined;
  const place: Place = {
    country: country(record),
    region: region(record),
    city: isMap(record['city']) ? englishName(record['city']) : text(record['city']),
    ...coordinates(record),
    asn: asn(record),
    as_org: text(record['autonomous_system_organization']) ?? text(record['as_name']) ?? text(record['org']),
  };
  return Object.values(place).some((value) => value !== null) ? place : undefined;
}

/** `first` wins field by field. Coordinates are one field: a point is never made of two databases. */
export function merge(first: Place, second: Place): Place {
  const point = first.lat === null ? second : first;
  return {
    country: first.country ?? second.country,
    region: first.region ?? second.region,
    city: first.city ?? second.city,
    lat: point.lat,
    lon: point.lon,
    asn: first.asn ?? second.asn,
    as_org: first.as_org ?? second.as_org,
  };
}

type RecordMap = Readonly<Record<string, unknown>>;

/** ISO 3166-1 alpha-2. */
function country(record: RecordMap): string | null {
  const nested = isMap(record['country']) ? record['country'] : record['registered_country'];
  const code = isMap(nested) ? nested['iso_code'] : (record['country_code'] ?? record['country']);
  const found = text(code);
  return found !== null && /^[A-Za-z]{2}$/.test(found) ? found.toUpperCase() : null;
}

function region(record: RecordMap): string | null {
  const subdivisions = record['subdivisions'];
  if (Array.isArray(subdivisions)) return isMap(subdivisions[0]) ? englishName(subdivisions[0]) : null;
  return text(record['state1']) ?? text(record['region']);
}

function coordinates(record: RecordMap): { lat: number | null; lon: number | null } {
  const from = isMap(record['location']) ? record['location'] : record;
  const lat = degrees(from['latitude'] ?? from['lat'], 90);
  const lon = degrees(from['longitude'] ?? from['lng'] ?? from['lon'], 180);
  // Databases write "unknown" as exactly 0, 0; nobody lives there.
  if (lat === null || lon === null || (lat === 0 && lon === 0)) return { lat: null, lon: null };
  return { lat, lon };
}

/** Databases hold 32-bit floats: 37.422000885009766 is 37.422. Five decimals are a metre. */
function degrees(value: unknown, max: number): number | null {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  if (typeof number !== 'number' || !(Math.abs(number) <= max)) return null;
  return Math.round(number * 1e5) / 1e5;
}

function asn(record: RecordMap): number | null {
  const value = record['autonomous_system_number'] ?? record['asn'];
  const number = typeof value === 'string' ? Number(value.replace(/^AS/i, '') || NaN) : value;
  if (typeof number !== 'number' || !Number.isInteger(number)) return null;
  return number > 0 && number <= 0xffff_ffff ? number : null;
}

function englishName(record: RecordMap): string | null {
  const names = record['names'];
  if (!isMap(names)) return null;
  return text(names['en']) ?? text(Object.values(names)[0]);
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function isMap(value: unknown): value is RecordMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
