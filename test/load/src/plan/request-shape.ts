import { sampleAvroBody, sampleBody } from '@penstock/events';
import type { BuiltInFormat } from '@penstock/events';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';

type EventJson = Parameters<typeof sampleBody>[1][number];

/** How a client sends its events. A pixel and a beacon carry one event; the others as many as there are. */
export const requestShapes = ['1', '2', '3', '4', 'avro', 'pixel', 'beacon'] as const;
export type RequestShape = (typeof requestShapes)[number];

const encodings = {
  gzip: gzipSync,
  zstd: zstdCompressSync,
  br: brotliCompressSync,
  deflate: deflateSync,
} as const;
export type BodyEncoding = keyof typeof encodings;
export const bodyEncodings = Object.keys(encodings) as BodyEncoding[];

export interface RequestBody {
  method: 'GET' | 'POST';
  path: string;
  contentType: string;
  encoding: BodyEncoding | undefined;
  /** Empty for a pixel. */
  body: Buffer;
}

export function formatOf(shape: RequestShape): BuiltInFormat {
  if (shape === 'pixel') return 1;
  return shape === 'beacon' || shape === 'avro' ? 4 : (Number(shape) as BuiltInFormat);
}

export function carriesOneEvent(shape: RequestShape): boolean {
  return shape === 'pixel' || shape === 'beacon';
}

/** `events` are of `formatOf(shape)`. */
export function shapeRequest(
  shape: RequestShape,
  events: readonly EventJson[],
  sentAtMs: number,
  encoding?: BodyEncoding,
): RequestBody {
  if (shape === 'pixel') {
    const query = new URLSearchParams(events[0] as Record<string, string>).toString();
    const path = `/v1/collect?${query}`;
    return { method: 'GET', path, contentType: '', encoding: undefined, body: Buffer.alloc(0) };
  }
  const sample = sampleOf(shape, events, sentAtMs);
  const body = encoding === undefined ? sample.body : encodings[encoding](sample.body);
  return { method: 'POST', path: sample.path, contentType: sample.contentType, encoding, body };
}

function sampleOf(
  shape: Exclude<RequestShape, 'pixel'>,
  events: readonly EventJson[],
  sentAtMs: number,
): Pick<RequestBody, 'path' | 'contentType' | 'body'> {
  if (shape === 'beacon')
    return { path: '/v4/beacon', contentType: 'text/plain', body: Buffer.from(JSON.stringify(events[0])) };
  if (shape === 'avro') return sampleAvroBody(events, sentAtMs);
  return sampleBody(formatOf(shape), events, sentAtMs);
}

/** Reads '4' or '1=10,4=70,pixel=20': shapes with their weights. Throws when it is neither. */
export function parseMix(text: string): ReadonlyMap<RequestShape, number> {
  const mix = new Map<RequestShape, number>();
  for (const part of text.split(',')) {
    const [name = '', weight = '1', ...rest] = part.split('=');
    const shape = requestShapes.find((known) => known === name);
    if (shape === undefined || rest.length > 0 || !/^\d{1,6}$/.test(weight) || Number(weight) === 0)
      throw new Error(
        `formats are ${requestShapes.join(', ')}, each with a weight as in 4=70,pixel=30; not ${part}`,
      );
    mix.set(shape, Number(weight));
  }
  return mix;
}

/** `draw` is from 0 up to 1. */
export function drawShape(mix: ReadonlyMap<RequestShape, number>, draw: number): RequestShape {
  const total = mix.values().reduce((sum, weight) => sum + weight, 0);
  let left = draw * total;
  for (const [shape, weight] of mix) {
    if (left < weight) return shape;
    left -= weight;
  }
  return '4';
}
