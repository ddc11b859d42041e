import { expect, test } from 'vitest';
import { FrameSplitter, apiKeyOf, correlationOf, requestHeaderBytes } from './frames.ts';
import { request } from './wire.fixture.ts';

test('frames are recognised however the stream is cut into chunks', () => {
  const frames = [request(0, 7, 'first'), request(18, 8, ''), request(26, 9, 'x'.repeat(100))];
  const stream = Buffer.concat(frames);
  for (let chunkBytes = 1; chunkBytes <= stream.length; chunkBytes += 1) {
    const splitter = new FrameSplitter(requestHeaderBytes);
    const seen: [number, number][] = [];
    const passed: Buffer[] = [];
    for (let at = 0; at < stream.length; at += chunkBytes) {
      for (const { bytes, header } of splitter.split(stream.subarray(at, at + chunkBytes))) {
        if (header) seen.push([apiKeyOf(header), correlationOf(header)]);
        passed.push(Buffer.from(bytes));
      }
    }
    expect(seen).toEqual([
      [0, 7],
      [18, 8],
      [26, 9],
    ]);
    expect(Buffer.concat(passed)).toEqual(stream);
  }
});

test('a frame shorter than a header is passed on as nothing known', () => {
  const [piece] = new FrameSplitter(requestHeaderBytes).split(Buffer.from([0, 0, 0, 2, 1, 2]));
  expect(piece?.bytes.length).toBe(6);
  expect(apiKeyOf(piece?.header ?? Buffer.alloc(0))).toBe(-1);
});

test('a length below zero, from a stranger, is passed on and ends no test in an endless loop', () => {
  const bytes = Buffer.from([0xff, 0xff, 0xff, 0xfc, 0x80, 0, 0, 0, 0, 0, 0, 0]);
  const pieces = new FrameSplitter(requestHeaderBytes).split(bytes);
  expect(Buffer.concat(pieces.map((piece) => piece.bytes))).toEqual(bytes);
});
