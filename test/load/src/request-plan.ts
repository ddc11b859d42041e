import { sampleBody, sampleEvent, seededRandom } from '@penstock/events';
import type { FormatNumber, SampleBody } from '@penstock/events';
import { eventIdOf } from './event-ids.ts';

export interface PlanOptions {
  seed: number;
  events: number;
  /** 1 or more; default 20. */
  eventsPerRequest?: number;
  /** How many keys send at the same time; each sends its requests one after the other. Default 32. */
  clients?: number;
  /** Default 1 to 4 in equal shares. */
  formats?: readonly FormatNumber[];
  /** About so many bytes an event; default what the sample is. */
  eventBytes?: number;
  /** Shares of requests, 0..1. */
  sentTwice?: number;
  cutBeforeAnswer?: number;
  /** Shares of events, 0..1. */
  fixable?: number;
  rejected?: number;
}

/**
 * once; twice: again after the 200, as a client whose answer got lost; cut: closed before the answer, then
 * again.
 */
export type SendMode = 'once' | 'twice' | 'cut';

export interface PlannedRequest {
  client: number;
  mode: SendMode;
  /** Numbers of its events: `firstEvent`, then rising by one. */
  firstEvent: number;
  rejected: readonly boolean[];
  /**
   * Builds the body; tries differ by their send time only, in the formats that have one, as a real
   * client's.
   */
  build(occurredAtMs: number, sentAtMs: number): SampleBody;
}

export const planDefaults = {
  eventsPerRequest: 20,
  clients: 32,
  formats: [1, 2, 3, 4] as readonly FormatNumber[],
};

/**
 * The requests of a run, the same for the same options. Clients take turns; the plan is never whole in
 * memory.
 */
export function* planRequests(options: PlanOptions): Generator<PlannedRequest> {
  const random = seededRandom(options.seed);
  const { eventsPerRequest, clients, formats } = { ...planDefaults, ...options };
  let client = 0;
  for (let firstEvent = 0; firstEvent < options.events; firstEvent += eventsPerRequest) {
    const count = Math.min(eventsPerRequest, options.events - firstEvent);
    const draw = random();
    const sentTwice = options.sentTwice ?? 0;
    const mode =
      draw < sentTwice ? 'twice' : draw < sentTwice + (options.cutBeforeAnswer ?? 0) ? 'cut' : 'once';
    const format = formats[Math.floor(random() * formats.length)] ?? 4;
    const variants = Array.from({ length: count }, () => drawVariant(random(), options));
    const bodySeed = Math.floor(random() * 2 ** 32);
    yield {
      client,
      mode,
      firstEvent,
      rejected: variants.map((variant) => variant === 'rejected'),
      build: (occurredAtMs, sentAtMs) =>
        buildBody(options, { format, firstEvent, variants, bodySeed }, occurredAtMs, sentAtMs),
    };
    client = (client + 1) % clients;
  }
}

type Variant = 'healthy' | 'fixable' | 'rejected';

function drawVariant(draw: number, { fixable = 0, rejected = 0 }: PlanOptions): Variant {
  if (draw < rejected) return 'rejected';
  return draw < rejected + fixable ? 'fixable' : 'healthy';
}

interface BodyPlan {
  format: FormatNumber;
  firstEvent: number;
  variants: readonly Variant[];
  bodySeed: number;
}

function buildBody(options: PlanOptions, plan: BodyPlan, occurredAtMs: number, sentAtMs: number): SampleBody {
  const random = seededRandom(plan.bodySeed);
  const events = plan.variants.map((variant, index) =>
    sampleEvent(plan.format, {
      eventId: eventIdOf(options.seed, plan.firstEvent + index),
      random,
      occurredAtMs,
      variant,
      ...(options.eventBytes === undefined ? {} : { bytes: options.eventBytes }),
    }),
  );
  return sampleBody(plan.format, events, sentAtMs);
}
