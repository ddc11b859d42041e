import type { ArrivedEvent, ArrivedRejection } from '../samples/arrived-record.ts';
import { LineLimit } from './line-limit.ts';
import { placeOf } from './sample-account.ts';
import { tell } from '../say.ts';
import type { PipelineWatch } from '../pipeline/watch-pipeline.ts';

const linesPerSecondMax = 100;

/** A line for each event that somebody else posts; under load, for the first ones of each second. */
export function showLater(watch: PipelineWatch): void {
  const limit = new LineLimit(linesPerSecondMax, tell);
  watch.listen(
    (event) => limit.take(() => `in the master:  ${arrivedLine(event)}`),
    (rejection) => limit.take(() => `rejected:       ${rejectedLine(rejection)}`),
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
