import {
  chassisKnobs,
  durationMs,
  integer,
  kafkaKnobs,
  kafkaProblems,
  list,
  listen,
  secret,
  text,
  type ConfigOf,
} from '@penstock/service';

export const prefix = 'PENSTOCK_PROBER_';

const named = /^[a-z0-9][a-z0-9-]{0,30}=/;
const topicPattern = /^[A-Za-z0-9._-]{1,249}$/;

export const knobs = {
  ...chassisKnobs(prefix, 9474),
  receivers: list(`${prefix}RECEIVERS`, {
    why: 'The Receiver of each datacenter, by its balancer or its address.',
    pattern: new RegExp(`${named.source}https?://[^\\s/?#]+$`),
    example: 'fra=http://receiver.fra:8080,nyc=http://receiver.nyc:8080',
  }),
  kafka: {
    ...kafkaKnobs('penstock-prober', `${prefix}KAFKA_`),
    bootstrap: list(`${prefix}KAFKA_BOOTSTRAP`, {
      why: "Brokers of each datacenter's cluster, each with the datacenter's name before it.",
      pattern: new RegExp(`${named.source}(\\[[0-9a-fA-F:]+\\]|[^:\\s=]+):\\d{1,5}$`),
      example: 'fra=kafka-1.fra:9092,fra=kafka-2.fra:9092,nyc=kafka-1.nyc:9092',
    }),
  },
  master: kafkaKnobs('penstock-prober', `${prefix}MASTER_KAFKA_`),
  topics: {
    raw: text(`${prefix}RAW_TOPIC`, {
      why: 'Where the Receivers write.',
      pattern: topicPattern,
      default: 'events.raw',
    }),
    clean: text(`${prefix}CLEAN_TOPIC`, {
      why: 'Where the Input Filters write, in each datacenter.',
      pattern: topicPattern,
      default: 'events.clean',
    }),
    master: text(`${prefix}MASTER_TOPIC`, {
      why: 'Where the Mirrors write, in the master cluster.',
      pattern: topicPattern,
      default: 'events.clean',
    }),
  },
  apiKey: secret(`${prefix}API_KEY`, {
    why: 'Sent as a bearer token, where the Receivers want a key.',
    optional: true,
  }),
  eventsPerMinute: integer(`${prefix}EVENTS_PER_MINUTE`, {
    why:
      'Probes for each datacenter. More find a fault sooner, and each one is an event that consumers ' +
      'see: they know them by their type of key.',
    min: 1,
    max: 60_000,
    default: 120,
  }),
  keys: integer(`${prefix}KEYS`, {
    why:
      'Partition keys for each datacenter. Eight for each partition of events.raw leave hardly one ' +
      'unprobed. Changing it needs a new checkpoint.',
    min: 1,
    max: 8_192,
    default: 96,
  }),
  deadlineMs: durationMs(`${prefix}DEADLINE_MS`, {
    why:
      'How long an acknowledged probe may take to the end of the pipeline before it counts as lost. One ' +
      'that comes later is then called late.',
    min: 1_000,
    max: 3_600_000,
    default: 60_000,
  }),
  requestTimeoutMs: durationMs(`${prefix}REQUEST_TIMEOUT_MS`, {
    why: 'How long one request may take. Longer than the delivery deadline of the Receivers.',
    min: 1_000,
    max: 120_000,
    default: 15_000,
  }),
  retryMs: durationMs(`${prefix}RETRY_MS`, {
    why:
      'How long an unanswered probe is sent again. Shorter than the window in which the Input Filter ' +
      'knows a duplicate.',
    min: 1_000,
    max: 300_000,
    default: 60_000,
  }),
  quietMs: durationMs(`${prefix}QUIET_MS`, {
    why: 'An incident ends when nothing of its kind happened for so long.',
    min: 1_000,
    max: 3_600_000,
    default: 300_000,
  }),
  blindAfterMs: durationMs(`${prefix}BLIND_AFTER_MS`, {
    why:
      'A hop that was not read to its end for so long is an incident of its own, since nothing can be ' +
      'said about probes there.',
    min: 1_000,
    max: 600_000,
    default: 30_000,
  }),
  pageListen: listen(`${prefix}PAGE_LISTEN`, {
    why: 'Where the live page is. It is read-only and has no access control: keep it on a private network.',
    default: { address: '127.0.0.1', port: 9475 },
  }),
  checkpoint: text(`${prefix}CHECKPOINT`, {
    why:
      'File that keeps offsets, the probes under way and lasting incidents over a restart. Its folder ' +
      'must be writable. Without it a restart forgets them.',
    optional: true,
    lengthMax: 4_096,
    example: '/var/lib/penstock/prober.json',
  }),
  webhook: secret(`${prefix}WEBHOOK_URL`, {
    why: 'Gets a POST with JSON when an incident begins and when it ends.',
    optional: true,
  }),
};

export type ProberConfig = ConfigOf<typeof knobs>;

/** A datacenter as it is probed. */
export interface Datacenter {
  readonly name: string;
  readonly receiver: string;
  readonly bootstrap: readonly string[];
}

/** Rules over several knobs. */
export function checkConfig(config: ProberConfig): string[] {
  const problems = [
    ...kafkaProblems({ ...config.kafka }, `${prefix}KAFKA_`),
    ...kafkaProblems(config.master, `${prefix}MASTER_KAFKA_`),
  ];
  const receivers = byName(config.receivers);
  const brokers = byName(config.kafka.bootstrap);
  for (const name of receivers.keys()) {
    if (!brokers.has(name)) problems.push(`${prefix}KAFKA_BOOTSTRAP has no broker of ${name}`);
    if (receivers.get(name)!.length > 1) problems.push(`${prefix}RECEIVERS names ${name} twice`);
  }
  for (const name of brokers.keys()) {
    if (!receivers.has(name)) problems.push(`${prefix}RECEIVERS has no Receiver of ${name}`);
  }
  if (receivers.size * config.keys > 65_536)
    problems.push(`${prefix}KEYS: more than 65536 over all datacenters`);
  // After a crash 64 numbers of each stream are left out, so that none is used twice; see
  // ProbeAccount.restore.
  if ((config.eventsPerMinute / 60) * 5 > 32 * config.keys)
    problems.push(`${prefix}KEYS are too few for this rate`);
  return problems;
}

export function datacentersOf(config: ProberConfig): Datacenter[] {
  const brokers = byName(config.kafka.bootstrap);
  return [...byName(config.receivers)].map(([name, [receiver]]) => ({
    name,
    receiver: receiver!,
    bootstrap: brokers.get(name) ?? [],
  }));
}

function byName(entries: readonly string[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const entry of entries) {
    const at = entry.indexOf('=');
    const name = entry.slice(0, at);
    found.set(name, [...(found.get(name) ?? []), entry.slice(at + 1)]);
  }
  return found;
}
