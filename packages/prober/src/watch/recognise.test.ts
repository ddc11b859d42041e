import { builtInCatalogue, createPipeline, encodeEvent } from '@penstock/events';
import type { RecordView } from '@penstock/kafka';
import { expect, test } from 'vitest';
import { layStreams } from '../layout.ts';
import { probeOf } from '../probe/probe.ts';
import { recogniseClean, recogniseRaw } from './recognise.ts';

const pipeline = createPipeline(builtInCatalogue);
const run = 7;
const streams = layStreams(['fra'], 6);
const beacon = streams.find(({ route }) => route === 'beacon')!;
const id = { run, stream: beacon.number, sequence: 0 };
const recordOf = (value: Buffer | null): RecordView =>
  ({ key: Buffer.from('default:penstock-probe-0'), value }) as unknown as RecordView;

/** As the pipeline makes it of a probe. */
function cleanProbe(): Buffer {
  const { body, contentType } = probeOf(id, beacon.route);
  const split = pipeline.split(Buffer.from(body!), '4', contentType);
  if (!('items' in split)) throw new Error('the probe is no request');
  const context = {
    ...{ tenant: 'default', receivedAtMs: Date.now(), sentAtMs: null, userAgent: null, dc: 'fra' },
    ...{ receiver: 'r', requestId: 'q', topic: 'raw', partition: 0, offset: 0 },
  };
  const [outcome] = [...split.items].map((item) => pipeline.process(item, context));
  if (outcome?.kind !== 'clean') throw new Error('the probe is no event');
  return encodeEvent(outcome.event);
}

test('a record under the key of a probe that is no event is none of ours, and throws nothing', () => {
  const probe = cleanProbe();
  expect(recogniseClean(recordOf(probe), run, streams)?.id).toEqual(id);
  const others = [
    ...[
      null,
      Buffer.alloc(0),
      Buffer.from('garbage'),
      Buffer.alloc(100_000, 0x61),
      Buffer.from('c301', 'hex'),
    ],
    // Cut off anywhere, and with any byte turned.
    ...Array.from({ length: probe.length }, (_, at) => probe.subarray(0, at)),
    ...Array.from({ length: probe.length }, (_, at) => {
      const turned = Buffer.from(probe);
      turned[at]! ^= 0xff;
      return turned;
    }),
  ];
  for (const value of others) {
    expect(() => recogniseClean(recordOf(value), run, streams)).not.toThrow();
    expect(() => recogniseRaw(recordOf(value), run)).not.toThrow();
  }
});
