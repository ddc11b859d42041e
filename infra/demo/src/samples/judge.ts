import type { SampleOutcome } from '@penstock/events';
import type { ArrivedEvent, ArrivedRejection } from './arrived-record.ts';
import type { PostedSample } from './post-samples.ts';

export interface Arrived {
  /** Of the master. */
  arrived: readonly ArrivedEvent[];
  rejected: readonly ArrivedRejection[];
}

export interface Judgement {
  /** Expected and not there yet. */
  missing: string[];
  /** There and not as expected; waiting does not help. */
  wrong: string[];
}

type CleanOutcome = SampleOutcome & { kind: 'clean' };

/** Compares what is in the topics with what the posted samples must become, event by event. */
export function judge(posted: readonly PostedSample[], found: Arrived): Judgement {
  const judgement: Judgement = { missing: [], wrong: [] };
  const explained = new Set<ArrivedEvent | ArrivedRejection>();
  for (const one of posted) {
    if (one.status !== 200)
      judgement.wrong.push(`request ${one.number} was answered ${one.status || 'nothing'}`);
    if (one.copyOf !== undefined) continue;
    for (const outcome of one.sample.expected) {
      if (outcome.kind === 'clean') judgeClean(one, outcome, found.arrived, explained, judgement);
    }
    judgeRejected(one, found.rejected, explained, judgement);
  }
  for (const event of found.arrived) {
    if (!explained.has(event))
      judgement.wrong.push(`nobody expected the event ${event.eventId} in the master`);
  }
  for (const rejection of found.rejected) {
    if (explained.has(rejection)) continue;
    judgement.wrong.push(
      `nobody expected a rejection of request ${rejection.requestId}: ${rejection.reason}`,
    );
  }
  return judgement;
}

function judgeClean(
  { number, requestId }: PostedSample,
  outcome: CleanOutcome,
  arrived: readonly ArrivedEvent[],
  explained: Set<ArrivedEvent | ArrivedRejection>,
  judgement: Judgement,
): void {
  const what = `request ${number}, event ${outcome.eventId ?? `of type ${outcome.type}`}`;
  const copies = arrived.filter((one) => isIt(one, outcome, requestId));
  for (const copy of copies) explained.add(copy);
  if (copies.length === 0) judgement.missing.push(`${what} is not in the master`);
  if (copies.length > 1) judgement.wrong.push(`${what} is in the master ${copies.length} times`);
  const fixes = copies[0]?.event.fixes ?? [];
  const unfixed = copies.length > 0 ? outcome.fixes.filter((fix) => !fixes.includes(fix)) : [];
  if (unfixed.length > 0) judgement.wrong.push(`${what} was not repaired by ${unfixed.join(', ')}`);
}

/** An event that came without an id has a derived one, and is known by its request. */
export function isIt(
  { eventId, event }: ArrivedEvent,
  outcome: CleanOutcome,
  requestId: string | null,
): boolean {
  if (outcome.eventId !== null) return eventId === outcome.eventId;
  return event.origin.request_id === requestId && event.event_type === outcome.type;
}

function judgeRejected(
  { number, requestId, sample }: PostedSample,
  rejected: readonly ArrivedRejection[],
  explained: Set<ArrivedEvent | ArrivedRejection>,
  judgement: Judgement,
): void {
  const found = rejected.filter((one) => one.requestId === requestId);
  for (const outcome of sample.expected) {
    if (outcome.kind === 'clean') continue;
    const at = found.findIndex(
      ({ reason, rule }) => reason === outcome.reason && rule === (outcome.rule ?? ''),
    );
    const [match] = at < 0 ? [] : found.splice(at, 1);
    if (match) explained.add(match);
    else judgement.missing.push(`request ${number}: no rejection with the reason ${outcome.reason}`);
  }
}
