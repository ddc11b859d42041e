import { decodeBuiltInFields, EventDecodeError } from '@penstock/events';
import type { RecordView } from '@penstock/kafka';
import { probeKeyMark, type Stream } from '../layout.ts';
import { differences } from '../probe/compare-event.ts';
import { decodeProbeId, type ProbeId } from '../probe/probe-id.ts';
import { probeOf } from '../probe/probe.ts';

/** A probe of this run in a record, and whether it is what it must be there. */
export interface Recognised {
  readonly id: ProbeId;
  /** Fields that differ; empty in raw, where the body is looked at only for its id. */
  readonly differences: readonly string[];
}

const mark = Buffer.from(probeKeyMark);
const uuidText = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/**
 * In raw: the request's body as it came. Requests of others are known by their key and cost one look at it.
 */
export function recogniseRaw(record: RecordView, run: number): Recognised | undefined {
  if (!record.key?.includes(mark) || !record.value) return undefined;
  for (const [text] of record.value.toString('latin1').matchAll(uuidText)) {
    const id = decodeProbeId(Buffer.from(text.replaceAll('-', ''), 'hex'), run);
    if (id) return { id, differences: [] };
  }
  return undefined;
}

/**
 * In clean, of the datacenter and of the master: an event, compared field by field with what its probe must
 * become.
 */
export function recogniseClean(
  record: RecordView,
  run: number,
  streams: readonly Stream[],
): Recognised | undefined {
  if (!record.key?.includes(mark) || !record.value) return undefined;
  // A catalogue may have fields of its own, which follow what a probe is compared by.
  const event = eventOf(record.value);
  if (!event) return undefined;
  const id = decodeProbeId(event.event_id, run);
  const stream = id && streams[id.stream];
  if (!stream) return undefined;
  return { id, differences: differences(event, probeOf(id, stream.route).expected) };
}

/**
 * Every client may send under the key of a probe, and whoever may write to the topic anything at all. It is
 * none of ours, and ends no watch. A probe that became such a thing is lost at this hop, and told as that.
 */
function eventOf(value: Buffer): ReturnType<typeof decodeBuiltInFields> | undefined {
  try {
    return decodeBuiltInFields(value);
  } catch (error) {
    if (error instanceof EventDecodeError) return undefined;
    throw error;
  }
}
