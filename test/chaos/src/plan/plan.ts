import { type SeededRandom, pickOne, seeded } from '@penstock/test-faults';
import {
  type ClusterKind,
  type ClusterName,
  type FaultKind,
  faultKinds,
  type Room,
  type ServiceName,
  transactionalOf,
} from './fault-kinds.ts';

export type Target =
  | { on: 'service'; service: ServiceName; instance: number | 'all' }
  | { on: 'cluster'; cluster: ClusterName; broker: number }
  | { on: 'files' };

export interface PlannedFault {
  /** From 1, in the order of their beginnings. */
  number: number;
  kind: FaultKind;
  target: Target;
  /** Seconds from the start of the load. */
  at: number;
  seconds: number;
  /** What a kind leaves open, such as a direction or the step of a clock, is drawn with this seed. */
  draw: number;
  rooms: readonly Room[];
}

export interface PlanOptions {
  seed: number;
  /** How long the load lasts. */
  seconds: number;
  /** Default: all. */
  kinds?: readonly FaultKind[];
  /** How many of each service run; 2 by default. */
  instances?: number;
}

/** So many at the same time, each in rooms of its own. */
const atOnceMax = 3;
const warmUpSeconds = 4;
const brokersPerCluster = 3;

/**
 * The faults of a run. The same options give the same plan: no clock, and no chance but the seed's. Kinds
 * come from a shuffled deck, and none comes a third time before all have come once. A kind whose rooms are
 * taken reserves them, so that it cannot starve.
 */
export function planFaults(options: PlanOptions): PlannedFault[] {
  const { seed, seconds, kinds = faultKinds, instances = 2 } = options;
  const random = seeded(seed);
  const faults: PlannedFault[] = [];
  let deck: FaultKind[] = [];
  for (let now = warmUpSeconds; kinds.length > 0 && now < seconds;) {
    if (deck.length < kinds.length) deck = [...deck, ...shuffled(random, kinds)];
    const busy = faults.filter((fault) => freeAgainAt(fault) > now);
    const chosen = choose(deck, busy, now, seconds);
    if (!chosen) {
      const ends = busy.flatMap((fault) => [endOf(fault), freeAgainAt(fault)]).filter((end) => end > now);
      now = ends.length > 0 ? Math.min(...ends) : seconds;
      continue;
    }
    const { kind, rooms } = chosen;
    deck.splice(deck.indexOf(kind), 1);
    const [place, lasts] = [
      drawTarget(random, kind, rooms, instances),
      drawSeconds(random, kind, now, seconds),
    ];
    const draw = random(2 ** 31);
    const [number, at] = [faults.length + 1, now];
    faults.push({ number, kind, target: place.target, at, seconds: lasts, draw, rooms: place.rooms });
    now += 0.5 + random(20) / 10;
  }
  return faults;
}

export function endOf({ at, seconds }: PlannedFault): number {
  return at + seconds;
}

/** When what it hurt may be hurt again. */
export function freeAgainAt(fault: PlannedFault): number {
  return endOf(fault) + fault.kind.restSeconds;
}

/** 'kill-filter of filter-2', for people. */
export function describeFault({ kind, target }: Pick<PlannedFault, 'kind' | 'target'>): string {
  if (target.on === 'files' || kind.name.startsWith('scale')) return kind.name;
  if (target.on === 'cluster') {
    const whole = kind.brokersAway !== 1;
    return `${kind.name} (${target.cluster}${whole ? '' : `, broker ${target.broker}`})`;
  }
  return `${kind.name} (${target.instance === 'all' ? 'all' : `${target.service}-${target.instance}`})`;
}

interface Chosen {
  kind: FaultKind;
  /** The sets of rooms that are free: of each cluster, where it may strike either. */
  rooms: readonly (readonly Room[])[];
}

/** The first of the deck that fits. What stands before it keeps its rooms for itself. */
function choose(
  deck: readonly FaultKind[],
  busy: readonly PlannedFault[],
  now: number,
  untilSecond: number,
): Chosen | undefined {
  if (busy.filter((fault) => endOf(fault) > now).length >= atOnceMax) return undefined;
  const taken = new Set(busy.flatMap(({ rooms }) => rooms));
  for (const kind of deck) {
    if (now + kind.seconds[0] > untilSecond) continue;
    const possible = possibleRooms(kind);
    const rooms = possible.filter((some) => some.every((room) => !taken.has(room)));
    if (rooms.length > 0) return { kind, rooms };
    for (const room of possible.flat()) taken.add(room);
  }
  return undefined;
}

function possibleRooms(kind: FaultKind): Room[][] {
  if (kind.on === 'files') return [['geoip']];
  if (kind.on === 'cluster') return kind.clusters.map((cluster) => roomsInCluster(kind, cluster));
  const { service } = kind;
  if (kind.group !== 'clocks') return [[service]];
  // The de-duplication window needs the clocks of the Receivers or those of the filters: never both at once.
  return [service === 'mirror' ? ['clock:mirror'] : [`clock:${service}`, 'window']];
}

function roomsInCluster(kind: ClusterKind, cluster: ClusterName): Room[] {
  if (kind.group === 'answers') {
    return kind.needsRestart ? [`answers:${cluster}`, transactionalOf[cluster]] : [`answers:${cluster}`];
  }
  // Where nobody answers, no answer gets lost.
  return (kind.brokersAway ?? 0) > 1 ? [cluster, `answers:${cluster}`] : [cluster];
}

function drawTarget(
  random: SeededRandom,
  kind: FaultKind,
  free: Chosen['rooms'],
  instances: number,
): { target: Target; rooms: readonly Room[] } {
  const rooms = pickOne(random, free);
  if (kind.on === 'files') return { target: { on: 'files' }, rooms };
  if (kind.on === 'service') {
    const { service } = kind;
    const isAll = kind.all === 'always' || (kind.all === 'sometimes' && random(4) === 0);
    return { target: { on: 'service', service, instance: isAll ? 'all' : 1 + random(instances) }, rooms };
  }
  const cluster = kind.clusters.find((name) => rooms[0]?.endsWith(name)); // the first room names it
  if (!cluster) throw new Error(`${kind.name} has no cluster`);
  const broker = kind.broker ?? 1 + random(brokersPerCluster);
  return { target: { on: 'cluster', cluster, broker }, rooms };
}

/** Long ones are for long runs: at most a sixth of the time. */
function drawSeconds(random: SeededRandom, kind: FaultKind, now: number, untilSecond: number): number {
  const [least, most] = kind.seconds;
  const limit = Math.max(least, Math.min(most, untilSecond / 6, untilSecond - now));
  return least + Math.round(((limit - least) * random(1_001)) / 100) / 10;
}

function shuffled<T>(random: SeededRandom, items: readonly T[]): T[] {
  const left = [...items];
  return Array.from({ length: left.length }, () => left.splice(random(left.length), 1)[0]!);
}
