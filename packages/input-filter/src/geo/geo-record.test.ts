import { expect, test } from 'vitest';
import { merge, placeOf } from './geo-record.ts';

const nothing = { country: null, region: null, city: null, lat: null, lon: null, asn: null, as_org: null };

test('a GeoIP2 city record (MaxMind, DB-IP) is read', () => {
  const record = {
    city: { geoname_id: 1, names: { de: 'Wien', en: 'Vienna' } },
    country: { iso_code: 'AT', names: { en: 'Austria' } },
    location: { latitude: 48.20849, longitude: 16.37208 },
    subdivisions: [{ iso_code: '9', names: { en: 'Vienna State' } }],
  };
  const place = { country: 'AT', region: 'Vienna State', city: 'Vienna', lat: 48.20849, lon: 16.37208 };
  expect(placeOf(record)).toEqual({ ...nothing, ...place });
});

test('a flat city record (ip-location-db) is read, its empty strings are nothing', () => {
  const record = {
    city: 'London',
    country_code: 'GB',
    latitude: 51.51430130004883,
    longitude: -0.09,
    state1: '',
  };
  expect(placeOf(record)).toEqual({ ...nothing, country: 'GB', city: 'London', lat: 51.5143, lon: -0.09 });
});

test('networks are read in the GeoLite2 and the IPinfo spelling', () => {
  const expected = { ...nothing, asn: 15169, as_org: 'GOOGLE' };
  expect(placeOf({ autonomous_system_number: 15169, autonomous_system_organization: 'GOOGLE' })).toEqual(
    expected,
  );
  expect(placeOf({ asn: 'AS15169', as_name: 'GOOGLE', country: 'US' })).toEqual({
    ...expected,
    country: 'US',
  });
});

test.each([
  ['null', null],
  ['a number', 7],
  ['a list', [1]],
  ['an empty record', {}],
  ['wrong types everywhere', { city: 5, country: [], location: 'x', subdivisions: {}, asn: 'ASx', org: 1 }],
  ['impossible coordinates', { latitude: 91, longitude: 0 }],
  ['half a point', { latitude: 10 }],
  ['the null island', { latitude: 0, longitude: 0 }],
  ['a country that is none', { country_code: 'ZZZ' }],
  ['NaN', { latitude: Number.NaN, longitude: 1 }],
])('%s is no place', (_, record) => {
  expect(placeOf(record)).toBeUndefined();
});

test('of two databases the first wins field by field, and a point is never mixed', () => {
  const first = { ...nothing, country: 'AT', lat: 1, lon: 2 };
  const second = { ...nothing, country: 'DE', city: 'Graz', lat: 3, lon: 4, asn: 1, as_org: 'A' };
  expect(merge(first, second)).toEqual({ ...second, country: 'AT', lat: 1, lon: 2 });
  expect(merge({ ...nothing, asn: 9 }, second)).toMatchObject({ asn: 9, lat: 3, lon: 4 });
});
