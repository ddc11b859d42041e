import type { FormatHint } from '@penstock/events/raw-headers';
import type { OwnRoute } from './own-routes.ts';

/** An HTTP route that accepts events. */
export interface EventRoute {
  method: 'GET' | 'POST';
  path: string;
  /** Metric label. */
  name: string;
  formatHint: FormatHint;
  /** Media types without parameters. */
  contentTypes: readonly string[];
  /** Historical clients did not always send a content type. */
  contentTypeOptional: boolean;
  bodyBytesMax: number;
  /** Its clients can set no header: they give their API key as `?api_key=`. */
  keyInUrl: boolean;
  /**
   * Whether a client that tries again sends the same bytes. An envelope holds a send time; single events,
   * arrays of them and NDJSON do not.
   */
  bytesOfRetry: 'same' | 'same-but-for-envelopes' | 'other';
  /** A pixel is answered by an image; the query of its URL is the body. */
  answer: 'json' | 'pixel';
}

/** What navigator.sendBeacon may send at all (w3c/beacon#38). */
const beaconBytesMax = 64 * 1024;

const json = 'application/json';
const form = 'application/x-www-form-urlencoded';
const plain = 'text/plain';

export function eventRoutes(bodyBytesMax: number, own: readonly OwnRoute[] = []): EventRoute[] {
  const usual = {
    method: 'POST',
    contentTypes: [json],
    contentTypeOptional: true,
    bodyBytesMax,
    keyInUrl: false,
    bytesOfRetry: 'other',
    answer: 'json',
  } as const;
  return [
    {
      ...usual,
      name: 'events',
      path: '/v4/events',
      formatHint: '4',
      contentTypes: ['application/x-ndjson', json, 'avro/binary'],
      contentTypeOptional: false,
      bytesOfRetry: 'same-but-for-envelopes',
    },
    {
      ...usual,
      name: 'beacon',
      path: '/v4/beacon',
      formatHint: '4',
      // What browsers make of a string, a JSON Blob, URLSearchParams and an untyped Blob.
      contentTypes: [plain, json, form],
      bodyBytesMax: Math.min(beaconBytesMax, bodyBytesMax),
      keyInUrl: true,
    },
    { ...usual, name: 'batch', path: '/v3/batch', formatHint: '3' },
    { ...usual, name: 'track', path: '/v2/track', formatHint: '2', bytesOfRetry: 'same' },
    {
      ...usual,
      name: 'collect',
      path: '/v1/collect',
      formatHint: '1',
      keyInUrl: true,
      contentTypes: [json, form, plain],
    },
    {
      ...usual,
      name: 'pixel',
      path: '/v1/collect',
      formatHint: '1',
      method: 'GET',
      keyInUrl: true,
      answer: 'pixel',
    },
    ...own.map(({ path, formatHint }) => ({
      ...usual,
      ...{ name: `format-${formatHint}`, path, formatHint },
      contentTypes: [json, 'application/x-ndjson', form, plain],
    })),
  ];
}

/** What the record says of a pixel's body. */
export const pixelContentType = form;

/** A transparent GIF of one pixel. */
export const pixelImage = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64');

const encodings = ['gzip', 'zstd', 'br', 'deflate'];
export const acceptedEncodings = encodings.join(', ');

/** `undefined`: not encoded. `null`: in a way we do not know, or in several. */
export function contentEncodingOf(header: string | undefined): string | undefined | null {
  const encoding = header?.trim().toLowerCase();
  // The old name of gzip (RFC 9110, 8.4.1.3).
  if (encoding === 'x-gzip') return 'gzip';
  if (encoding === undefined || encoding === '' || encoding === 'identity') return undefined;
  return encodings.includes(encoding) ? encoding : null;
}

export function acceptsContentType(route: EventRoute, header: string | undefined): boolean {
  if (header === undefined || header.trim() === '') return route.contentTypeOptional;
  return route.contentTypes.includes(mediaTypeOf(header));
}

/** A content type without its parameters. */
export function mediaTypeOf(header: string): string {
  const semicolon = header.indexOf(';');
  return (semicolon < 0 ? header : header.slice(0, semicolon)).trim().toLowerCase();
}
