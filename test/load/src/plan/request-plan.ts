import { sampleEvent, seededRandom } from '@penstock/events';
import { eventIdOf } from './event-ids.ts';
import { bodyEncodings, carriesOneEvent, drawShape, formatOf, shapeRequest } from './request-shape.ts';
import type { BodyEncoding, RequestBody, RequestShape } from './request-shape.ts';

export interface PlanOptions {
  seed: number;
  events: number;
  /** 1 or more; default 20. */
  eventsPerRequest?: number;
  /** How many keys send at the same time; each sends its requests one after the other. Default 32. */
  clients?: number;
  /** Shapes of requests with their weights; default formats 1 to 4 in equal shares. */
  mix?: ReadonlyMap<RequestShape, number>;
  /** About so many bytes an event; default what the sample is. */
  eventBytes?: number;
  /** Shares of requests, 0..1. */
  compressed?: number;
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
  build(occurredAtMs: number, sentAtMs: number): RequestBody;
}

export const planDefaults = {
  eventsPerRequest: 20,
  clients: 32,
  mix: new Map<RequestShape, number>([
    ['1', 1],
    ['2', 1],
    ['3', 1],
    ['4', 1],
  ]) as ReadonlyMap<RequestShape, number>,
};

/**
 * The requests of a run, the same for the same options. Clients take turns; the plan is never whole in
 * memory.
 */
export function* planRequests(options: PlanOptions): Generator<PlannedRequest> {
  const random = seededRandom(options.seed);
  const { eventsPerRequest, clients, mix } = { ...planDefaults, ...options };
  let client = 0;
  for (let firstEvent = 0; firstEvent < options.events;) {
    const mode = drawMode(random(), options);
    const shape = drawShape(mix, random());
    const count = carriesOneEvent(shape) ? 1 : Math.min(eventsPerRequest, options.events - firstEvent);
    const variants = Array.from({ length: count }, () => drawVariant(random(), options));
    const bodySeed = Math.floor(random() * 2 ** 32);
    const isCompressed = shape !== 'pixel' && random() < (options.compressed ?? 0);
    const encoding = isCompressed ? bodyEncodings[Math.floor(random() * bodyEncodings.length)] : undefined;
    const plan = { shape, encoding, firstEvent, variants, bodySeed };
    yield {
      client,
      mode,
      firstEvent,
      rejected: variants.map((variant) => variant === 'rejected'),
      build: (occurredAtMs, sentAtMs) => buildBody(options, plan, occurredAtMs, sentAtMs),
    };
    firstEvent += count;
    client = (client + 1) % clients;
  }
}

function drawMode(draw: number, { sentTwice = 0, cutBeforeAnswer = 0 }: PlanOptions): SendMode {
  if (draw < sentTwice) return 'twice';
  return draw < sentTwice + cutBeforeAnswer ? 'cut' : 'once';
}

type Variant = 'healthy' | 'fixable' | 'rejected';

function drawVariant(draw: number, { fixable = 0, rejected = 0 }: PlanOptions): Variant {
  if (draw < rejected) return 'rejected';
  return draw < rejected + fixable ? 'fixable' : 'healthy';
}

interface BodyPlan {
  shape: RequestShape;
  encoding: BodyEncoding | undefined;
  firstEvent: number;
  variants: readonly Variant[];
  bodySeed: number;
}

function buildBody(
  options: PlanOptions,
  { shape, encoding, firstEvent, variants, bodySeed }: BodyPlan,
  occurredAtMs: number,
  sentAtMs: number,
): RequestBody {
  const random = seededRandom(bodySeed);
  const events = variants.map((variant, index) =>
    sampleEvent(formatOf(shape), {
      eventId: eventIdOf(options.seed, firstEvent + index),
      random,
      occurredAtMs,
      variant,
      ...(options.eventBytes === undefined ? {} : { bytes: options.eventBytes }),
    }),
  );
  return shapeRequest(shape, events, sentAtMs, encoding);
}
