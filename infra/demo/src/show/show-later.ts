import type { ArrivedEvent, ArrivedRejection } from '../samples/arrived-record.ts';
import { placeOf } from './sample-account.ts';
import { tell } from '../say.ts';
import type { PipelineWatch } from '../pipeline/watch-pipeline.ts';

/** A line for each event that somebody else posts. */
export function showLater(watch: PipelineWatch): void {
  watch.listen(
    (event) => tell(`in the master:  ${arrivedLine(event)}`),
    (rejection) => tell(`rejected:       ${rejectedLine(rejection)}`),
  );
}

function arrivedLine({ event, eventId, partition, offset, seenAtMs }: ArrivedEvent): string {
  const fixes = event.fixes.length > 0 ? `, repaired by ${event.fixes.join(', ')}` : '';
  const afterMs = seenAtMs - event.received_at;
  const what = `${event.event_type} ${eventId}, format ${event.source_format}`;
  return `${what}, from ${placeOf(event.geo)}${fixes}, ${partition}@${offset}, after ${afterMs} ms`;
}

function rejectedLine({ reason, rule, detail, requestId }: ArrivedRejection): string {
  return `${reason}${rule === '' ? '' : ` (${rule})`}, request ${requestId}: ${detail}`;
}
