import { seededRandom } from '@penstock/events';
import { expect, test } from 'vitest';
import { gunzipSync } from 'node:zlib';
import { idsIn } from './event-ids.ts';
import { planRequests } from './request-plan.ts';
import { drawShape, parseMix } from './request-shape.ts';

test('shapes are drawn by their weights', () => {
  const mix = parseMix('1=10,4=60,pixel=30');
  const random = seededRandom(3);
  const drawn = Array.from({ length: 5_000 }, () => drawShape(mix, random()));
  const share = (shape: string): number => drawn.filter((each) => each === shape).length / drawn.length;
  expect(share('1')).toBeCloseTo(0.1, 1);
  expect(share('4')).toBeCloseTo(0.6, 1);
  expect(share('pixel')).toBeCloseTo(0.3, 1);
});

test.each(['', '5', '4=0', '4=x', 'gif', '4=1=2', '1,,2'])('%j is no mix', (text) => {
  expect(() => parseMix(text)).toThrow('formats are');
});

test('the ids of an Avro body are found by their bytes, and those of another run are not', () => {
  const options = { seed: 9, events: 30, eventsPerRequest: 10, mix: parseMix('avro') };
  const [, second] = [...planRequests(options)].map((request) => request.build(1_000, 2_000));
  expect([second!.path, second!.contentType]).toEqual(['/v4/events', 'avro/binary']);
  expect(second!.body.subarray(0, 2)).toEqual(Buffer.of(0xc3, 0x01));
  expect(idsIn(9, second!.body)).toEqual(Array.from({ length: 10 }, (_, index) => 10 + index));
  expect(idsIn(8, second!.body)).toEqual([]);
  expect(idsIn(9, second!.body.subarray(0, 24))).toEqual([]);
});

test('every event of a plan is sent once, whatever its shape, and the same options plan the same', () => {
  const options = {
    ...{ seed: 9, events: 500, eventsPerRequest: 7, clients: 5, compressed: 0.4 },
    mix: parseMix('1=2,2=2,3=2,4=2,avro=2,pixel=1,beacon=1'),
  };
  const requests = [...planRequests(options)];
  const bodies = requests.map((request) => request.build(1_700_000_000_000, 1_700_000_000_500));
  const seen = bodies.flatMap(({ path, body, encoding }) =>
    encoding === undefined || encoding === 'gzip'
      ? idsIn(9, encoding === 'gzip' ? gunzipSync(body) : Buffer.concat([Buffer.from(path), body]))
      : [],
  );
  expect(new Set(seen).size).toBe(seen.length);
  expect(new Set(bodies.map(({ encoding }) => encoding))).toEqual(
    new Set([undefined, 'gzip', 'zstd', 'br', 'deflate']),
  );
  expect(requests.reduce((sum, { rejected }) => sum + rejected.length, 0)).toBe(500);
  const again = [...planRequests(options)].map((request) =>
    request.build(1_700_000_000_000, 1_700_000_000_500),
  );
  expect(again).toEqual(bodies);
});
