import { expect, test } from 'vitest';
import { producerEpochMax } from '../bytes/sequence.ts';
import { PartitionSequence } from './partition-sequence.ts';

const fresh = { producerEpoch: 0, nextSequence: 0 };

test('the first batch of an epoch goes alone, and five go at a time once it is acknowledged', () => {
  const sequence = new PartitionSequence(fresh);
  expect(sequence.inFlightMax).toBe(1);
  sequence.stamp(10, 7n);
  expect(sequence.inFlightMax).toBe(1);
  sequence.written();
  expect(sequence.inFlightMax).toBe(5);
});

test('sequences count records, and wrap after 2^31 - 1', () => {
  const sequence = new PartitionSequence({ producerEpoch: 3, nextSequence: 0x7fffffff });
  expect(sequence.stamp(2, 7n)).toEqual({ producerId: 7n, producerEpoch: 3, baseSequence: 0x7fffffff });
  expect(sequence.stamp(1, 7n)).toMatchObject({ baseSequence: 1 });
});

test('a broken sequence sends nothing, and goes on from 0 under the next epoch', () => {
  const sequence = new PartitionSequence(fresh);
  sequence.stamp(10, 7n);
  sequence.written();
  sequence.break();
  expect(sequence.isBroken).toBe(true);
  expect(sequence.inFlightMax).toBe(0);
  expect(() => sequence.stamp(1, 7n)).toThrow('broken');
  sequence.written(); // the answer to a batch that was in flight
  expect(sequence.inFlightMax).toBe(0);
  expect(sequence.nextEpoch()).toBe('ready');
  expect(sequence.inFlightMax).toBe(1);
  expect(sequence.stamp(1, 7n)).toEqual({ producerId: 7n, producerEpoch: 1, baseSequence: 0 });
});

test('after the last epoch it waits for a new producer id', () => {
  const sequence = new PartitionSequence({ producerEpoch: producerEpochMax, nextSequence: 5 });
  sequence.stamp(1, 7n);
  sequence.break();
  expect(sequence.nextEpoch()).toBe('exhausted');
  expect(sequence.inFlightMax).toBe(0);
  sequence.break();
  expect(sequence.isBroken).toBe(false);
  sequence.renew(8n);
  expect(sequence.stamp(1, 9n)).toEqual({ producerId: 8n, producerEpoch: 0, baseSequence: 0 });
});

test('nothing breaks before something was sent', () => {
  const sequence = new PartitionSequence(fresh);
  sequence.break();
  expect(sequence.isBroken).toBe(false);
  expect(sequence.stamp(1, 7n)).toMatchObject({ producerId: 7n, baseSequence: 0 });
});
