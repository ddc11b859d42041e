import type { JsonObject } from '../model/json.ts';
import type { FormatHint } from '../model/raw-headers.ts';
import type { BuiltInFormat } from '../model/request.ts';

/** A POST to a Receiver. */
export interface SampleBody {
  readonly path: string;
  readonly contentType: string;
  readonly hint: FormatHint;
  readonly body: Buffer;
}

/** Events of one format as clients of it send them together: array (1, 2), envelope (3), NDJSON (4). */
export function sampleBody(
  format: BuiltInFormat,
  events: readonly JsonObject[],
  sentAtMs: number,
): SampleBody {
  switch (format) {
    case 1:
      return json('/v1/collect', '1', events);
    case 2:
      return json('/v2/track', '2', events);
    case 3:
      return json('/v3/batch', '3', {
        sent_at: new Date(sentAtMs).toISOString(),
        client: { name: 'penstock-web', version: '3.4.0' },
        batch: events,
      });
    default: {
      const lines = events.map((event) => `${JSON.stringify(event)}\n`).join('');
      return { path: '/v4/events', contentType: 'application/x-ndjson', hint: '4', body: Buffer.from(lines) };
    }
  }
}

function json(path: string, hint: FormatHint, value: unknown): SampleBody {
  return { path, contentType: 'application/json', hint, body: Buffer.from(JSON.stringify(value)) };
}
