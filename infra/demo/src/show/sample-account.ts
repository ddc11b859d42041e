import { builtInCatalogue, reasons, type Event, type Geo, type Reason } from '@penstock/events';
import type { ArrivedEvent, ArrivedRejection } from '../samples/arrived-record.ts';
import { columns } from './columns.ts';
import { isIt } from '../samples/judge.ts';
import type { PostedSample } from '../samples/post-samples.ts';

/** What was posted and what became of it, as text for a person. */
export function sampleAccount(
  posted: readonly PostedSample[],
  arrived: readonly ArrivedEvent[],
  rejected: readonly ArrivedRejection[],
): string {
  return [
    postedSection(posted),
    arrivedSection(posted, arrived),
    oneInFull(arrived),
    repairedSection(arrived),
    rejectedSection(posted, rejected),
  ].join('\n\n');
}

function postedSection(posted: readonly PostedSample[]): string {
  const events = posted.reduce((sum, { sample }) => sum + sample.expected.length, 0);
  const rows = posted.map(({ number, sample, status, copyOf, answeredMs }) => [
    String(number).padStart(2),
    String(status || 'none'),
    `${answeredMs.toFixed(0)} ms`.padStart(6),
    `${sample.method} ${sample.path.split('?')[0]}`,
    copyOf === undefined ? sample.title : `request ${copyOf} once more, as after a lost answer`,
  ]);
  const title = `POSTED to the Receiver: ${posted.length} requests with ${events} events`;
  return `${title}\n${columns([[' #', 'answer', 'after', 'door', 'what'], ...rows])}`;
}

function arrivedSection(posted: readonly PostedSample[], arrived: readonly ArrivedEvent[]): string {
  const rows = arrived.map((one) => [
    numberOf(posted, one),
    one.event.event_type,
    String(one.event.source_format),
    one.eventId,
    placeOf(one.event.geo),
    one.event.fixes.join(', ') || '-',
    `${one.partition}@${one.offset}`,
  ]);
  const header = [' #', 'event', 'was format', 'id', 'place by GeoIP', 'repaired by', 'partition@offset'];
  rows.sort(byNumber);
  const title = `ARRIVED in the master, decoded: ${arrived.length} events, all of format 4 now`;
  const places = 'Places: IP Geolocation by DB-IP (https://db-ip.com), CC BY 4.0';
  return `${title}\n${columns([header, ...rows])}\n  ${places}`;
}

/** The request that an arrived event came in. */
function numberOf(posted: readonly PostedSample[], arrived: ArrivedEvent): string {
  const found = posted.find(({ sample, requestId }) =>
    sample.expected.some((outcome) => outcome.kind === 'clean' && isIt(arrived, outcome, requestId)),
  );
  return String(found?.number ?? '?').padStart(2);
}

export function placeOf(geo: Geo | null): string {
  return [geo?.city, geo?.country].filter((part) => part !== null && part !== undefined).join(', ') || '-';
}

function oneInFull(arrived: readonly ArrivedEvent[]): string {
  const shown = arrived.find(({ event }) => event.fixes.length > 0) ?? arrived[0];
  if (!shown) return 'Nothing arrived';
  const rows = Object.entries(plain(shown)).map(([name, value]) => [name, JSON.stringify(value)]);
  return `ONE OF THEM in full\n${columns(rows)}`;
}

function plain({ event, eventId }: ArrivedEvent): Omit<Event, 'event_id'> & { event_id: string } {
  const { event_id: _, ...rest } = event;
  return { event_id: eventId, ...rest };
}

function repairedSection(arrived: readonly ArrivedEvent[]): string {
  const byFix = Map.groupBy(
    arrived.flatMap(({ event }) => event.fixes),
    (fix) => fix,
  );
  const rows = [...byFix].map(([id, events]) => {
    const fix = builtInCatalogue.fixes.find((one) => one.id === id);
    const clients = fix?.clients.map(({ name, versions }) => `${name} ${versions}`).join(', ');
    return [id, String(events.length), fix?.outcome ?? 'normalised', clients ?? 'any client'];
  });
  const title = `REPAIRED on the way: ${rows.length} kinds of bugs`;
  return `${title}\n${columns([['fix', 'events', 'outcome', 'of clients'], ...rows])}`;
}

function rejectedSection(posted: readonly PostedSample[], rejected: readonly ArrivedRejection[]): string {
  const rows = rejected.map(({ requestId, index, reason, rule, detail }) => [
    String(posted.find((one) => one.requestId === requestId)?.number ?? '?').padStart(2),
    index,
    rule === '' ? reason : `${reason} (${rule})`,
    detail || sentenceOf(reason),
  ]);
  rows.sort(byNumber);
  const title = `REJECTED, with the original bytes, to events.rejected: ${rejected.length}`;
  return `${title}\n${columns([[' #', 'event', 'reason', 'detail'], ...rows])}`;
}

/** By the request's number, which is padded. */
function byNumber([one = '']: readonly string[], [other = '']: readonly string[]): number {
  return one < other ? -1 : Number(one > other);
}

function sentenceOf(reason: string): string {
  return reasons[reason as Reason]?.sentence ?? '';
}
