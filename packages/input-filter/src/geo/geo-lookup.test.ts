import { copyFile, mkdtemp, open, rename, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { createLog } from '@penstock/service';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { embeddedDatabases } from './embedded-databases.ts';
import { GeoDatabases } from './geo-databases.ts';
import { type GeoFile, loadGeoFile } from './geo-file.ts';
import { GeoLookup, type LookupResult } from './geo-lookup.ts';

const [ipv4 = '', , networks4 = ''] = embeddedDatabases();
const log = pino({ level: 'silent' });
let files: GeoFile[];
let folder: string;

/** A look-up and how often it gave each result. */
function counting(on: readonly GeoFile[]) {
  const counts = { found: 0, unknown: 0, not_global: 0, broken: 0 };
  const add = (count: number, result: LookupResult) => void (counts[result] += count);
  return { lookup: new GeoLookup(on, { add }), counts };
}

function lookupIn(on: readonly GeoFile[]): GeoLookup {
  return counting(on).lookup;
}

beforeAll(async () => {
  files = await Promise.all(embeddedDatabases().map(loadGeoFile));
  folder = await mkdtemp(join(tmpdir(), 'penstock-geo-'));
}, 600_000);
afterAll(() => rm(folder, { recursive: true }));

describe('with the embedded databases', () => {
  test('IPv4, IPv6 and IPv4-mapped addresses have a place, with the name and build of the database', () => {
    const lookup = lookupIn(files);
    expect(lookup.find('8.8.8.8')).toMatchObject({
      country: 'US',
      city: 'Mountain View',
      lat: 37.422,
      asn: 15169,
      as_org: 'Google LLC',
      database: expect.stringMatching(/^dbip-city-ipv4 20\d\d-\d\d-\d\d, asn-ipv4 [\d.]+$/),
    });
    expect(lookup.find('::ffff:8.8.8.8')).toEqual(lookup.find('8.8.8.8'));
    expect(lookup.find('2a02:6b8::1')).toMatchObject({
      country: 'RU',
      city: 'Moscow',
      asn: 13238,
      as_org: 'YANDEX LLC',
      database: expect.stringContaining('dbip-city-ipv6'),
    });
  });

  test('an IPv6 address is never looked up in the IPv4 tree, which would answer with a wrong place', () => {
    expect(lookupIn([files[0]!]).find('2a02:6b8::1')).toBeNull();
  });

  test('addresses that are no global ones have no place, and are counted as such and as nothing else', () => {
    const { lookup, counts } = counting(files);
    for (const address of ['10.0.0.1', 'nonsense', undefined, '10.0.0.1'])
      expect(lookup.find(address)).toBeNull();
    expect(counts).toEqual({ found: 0, unknown: 0, not_global: 3, broken: 0 });
  });

  test('that an address has no place is remembered too', async () => {
    const file = await loadGeoFile(ipv4);
    const { lookup, counts } = counting([file]);
    expect(lookup.find('2a02:6b8::1')).toBeNull();
    expect(lookup.find('8.8.8.8')).not.toBeNull();
    damageTree(file); // whoever asks the database again is answered with damage
    expect(lookup.find('2a02:6b8::1')).toBeNull();
    expect(lookup.find('8.8.8.8')).not.toBeNull();
    expect(counts).toEqual({ found: 2, unknown: 2, not_global: 0, broken: 0 });
  });

  test('the second answer comes from the cache, and the cache is bounded', () => {
    const lookup = lookupIn(files);
    const first = lookup.find('8.8.8.8');
    expect(lookup.find('8.8.8.8')).toBe(first);
    for (let n = 0; n < 70_000; n++) lookup.find(`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`);
    expect(lookup.find('8.8.8.8')).not.toBe(first);
    expect(lookup.find('8.8.8.8')).toEqual(first);
  });
});

describe('a file that cannot be used says why', () => {
  test.each([
    ['is missing', async () => {}],
    ['is empty', (path: string) => writeFile(path, '')],
    ['is something else', (path: string) => writeFile(path, 'GIF89a'.repeat(1000))],
    ['was cut off', async (path: string) => (await copyFile(ipv4, path), truncate(path, 10_000_000))],
    [
      'is no longer whole',
      async (path: string) => (await copyFile(networks4, path), truncate(path, 1_000_001)),
    ],
    ['lost its tree', async (path: string) => (await copyFile(ipv4, path), overwrite(path, 0, 30_000_000))],
  ])('%s', async (what, make) => {
    const path = join(folder, `${crypto.randomUUID()}.${what.includes('no longer') ? 'csv' : 'mmdb'}`);
    await make(path);
    await expect(loadGeoFile(path)).rejects.toMatchObject({ name: 'FilterError', code: 'GEOIP' });
  });

  test('and damage that the probes miss costs the place of some events, no more', async () => {
    const path = join(folder, 'damaged.mmdb');
    await copyFile(ipv4, path);
    const file = await loadGeoFile(path);
    damageTree(file);
    const lookup = lookupIn([file]);
    for (let n = 1; n < 223; n++) expect(() => lookup.find(`${n}.9.9.9`)).not.toThrow();
  });
});

test('a database that is not there, or is none, is one line in the log that says which and why', async () => {
  const missing = join(folder, 'missing.mmdb');
  const other = join(folder, 'other.mmdb');
  await writeFile(other, 'GIF89a');
  const lines = new PassThrough().setEncoding('utf8');
  await using _ = await GeoDatabases.start({
    paths: [missing, other, folder],
    checkIntervalMs: 60_000,
    log: createLog({ service: 'input-filter', destination: lines }),
    onChange: () => {},
    onFailed: () => {},
  });
  const said = String(lines.read()).trimEnd().split('\n');
  const problems = said.map((line) => (JSON.parse(line) as { problem: string }).problem);
  expect(problems).toEqual([
    `GeoIP database ${missing} cannot be used: there is no ${missing}`,
    expect.stringContaining(`GeoIP database ${other} cannot be used: `),
    `GeoIP database ${folder} cannot be used: ${folder} is a folder, not a file`,
  ]);
  expect(said.join()).not.toContain('.ts:');
});

test('a changed file is taken over, a broken one is not, and the one before stays in use', async () => {
  const path = join(folder, 'city.mmdb');
  const changes: string[][] = [];
  let failures = 0;
  await using databases = await GeoDatabases.start({
    paths: [path],
    checkIntervalMs: 20,
    log,
    onChange: (now) => changes.push(now.map((file) => file.label)),
    onFailed: () => (failures += 1),
  });
  onTestFinished(() => rm(path, { force: true }));
  expect(databases.files).toEqual([]);
  expect(databases.missing).toBe(1);

  await copyFile(ipv4, `${path}.new`);
  await rename(`${path}.new`, path);
  await vi.waitFor(() => expect(changes).toHaveLength(1), 5000);
  expect(lookupIn(databases.files).find('8.8.8.8')?.country).toBe('US');

  const before = failures;
  await truncate(path, 1000);
  await vi.waitFor(() => expect(failures).toBeGreaterThan(before), 5000);
  expect(lookupIn(databases.files).find('8.8.8.8')?.country).toBe('US');
  expect(changes).toHaveLength(1);

  await rm(path);
  await copyFile(ipv4, path);
  await vi.waitFor(() => expect(changes).toHaveLength(2), 5000);
});

test('a file written over in place is taken over, though its size and time stay the same', async () => {
  const path = join(folder, 'asn.csv');
  const when = new Date('2026-01-01');
  const put = async (name: string): Promise<void> => {
    await writeFile(path, `8.8.8.0,8.8.8.255,15169,${name}\n`);
    await utimes(path, when, when);
  };
  await put('first');
  const names: unknown[] = [];
  await using databases = await GeoDatabases.start({
    paths: [path],
    checkIntervalMs: 20,
    log,
    onChange: (now) => names.push(lookupIn(now).find('8.8.8.8')?.as_org),
    onFailed: () => {},
  });
  expect(lookupIn(databases.files).find('8.8.8.8')).toMatchObject({
    as_org: 'first',
    database: 'asn 2026-01-01',
  });
  await put('other');
  await vi.waitFor(() => expect(names.at(-1)).toBe('other'), 60_000);
});

describe("MaxMind's own test database of networks, a few of them in an IPv6 tree", () => {
  const asnTest = join(import.meta.dirname, '../../test/GeoLite2-ASN-Test.mmdb');

  test('its addresses of both families have number and name', async () => {
    const lookup = lookupIn([await loadGeoFile(asnTest)]);
    expect(lookup.find('1.128.0.1')).toMatchObject({ asn: 1221, as_org: 'Telstra Pty Ltd', country: null });
    expect(lookup.find('::ffff:1.128.0.1')).toEqual(lookup.find('1.128.0.1'));
    expect(lookup.find('2600:6000::1')).toMatchObject({ asn: 237, as_org: 'Merit Network Inc.' });
    expect(lookup.find('8.8.8.8')).toBeNull();
  });

  test('beside the places, each field comes from the file that knows it', async () => {
    const lookup = lookupIn([await loadGeoFile(asnTest), ...files]);
    expect(lookup.find('1.128.0.1')).toMatchObject({
      country: 'AU',
      asn: 1221,
      as_org: 'Telstra Pty Ltd',
      database: expect.stringMatching(/^GeoLite2-ASN-Test 20\d\d-\d\d-\d\d, dbip-city-ipv4 .*, asn-ipv4 /),
    });
  });
});

function damageTree(file: GeoFile): void {
  if (file.kind !== 'tree') throw new Error(`${file.path} is no tree`);
  Buffer.from(file.bytes).fill(0xff, 0, 40_000_000);
}

async function overwrite(path: string, from: number, length: number): Promise<void> {
  await using file = await open(path, 'r+');
  await file.write(Buffer.alloc(length, 0xff), 0, length, from);
}
