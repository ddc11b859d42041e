import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  builtInCatalogue,
  createPipeline,
  encodeEvent,
  type FormatHint,
  type Outcome,
} from '@penstock/events';
import { Kafka, logLevel, type Producer } from 'kafkajs';
import type { Hop } from '../src/account/findings.ts';
import { pause } from '../src/pause.ts';

/** What a pipeline that is broken on purpose does to some records, at one hop. */
export type Fault = 'drop' | 'double' | 'alter' | 'reorder' | 'delay';

export interface BrokenPipeline extends AsyncDisposable {
  readonly url: string;
  /** From now on every fifth record is harmed at this hop. */
  breakAt(hop: Hop, fault: Fault): void;
  /** From now on none is harmed. */
  mend(): void;
  /** How many were harmed. */
  readonly harmed: number;
  /** Answers 400 to everything and stores it all the same. */
  refuseButStore(): void;
}

export interface PipelineTopics {
  readonly raw: string;
  readonly clean: string;
  readonly master: string;
}

interface Stored {
  readonly key: string;
  readonly value: Buffer;
}

const delayMs = 4_000;

/**
 * Does in one process what Receiver, Input Filter and Mirror do, by the real rules and into real topics,
 * without any of their care; and what none of them may ever do, when it is told to.
 */
export async function startBrokenPipeline(
  bootstrap: readonly string[],
  topics: PipelineTopics,
): Promise<BrokenPipeline> {
  const kafka = new Kafka({ brokers: [...bootstrap], logLevel: logLevel.NOTHING });
  const producer = kafka.producer();
  await producer.connect();
  const now: { broken?: { hop: Hop; fault: Fault }; refusing?: true } = {};
  const lines = new Map<string, Promise<void>>();
  const breakers = new Map<Hop, Breaker>();
  for (const hop of ['raw', 'clean', 'master'] as const) {
    breakers.set(
      hop,
      new Breaker(producer, topics[hop], () => (now.broken?.hop === hop ? now.broken.fault : undefined)),
    );
  }
  const server = createServer((request, response) => {
    void bodyOf(request).then(async (body) => {
      const key = `default:${String(request.headers['x-partition-key'])}`;
      // In order for each key, as in a partition.
      const line = (lines.get(key) ?? Promise.resolve()).then(() => pass(request, key, body, breakers));
      lines.set(key, line);
      await line;
      if (now.refusing) response.writeHead(400).end();
      else if (request.method === 'GET') response.writeHead(200, { 'content-type': 'image/gif' }).end();
      else response.end(`{"request_id":"q","bytes":${body.length}}`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    breakAt: (hop, fault) => void (now.broken = { hop, fault }),
    mend: () => void delete now.broken,
    get harmed() {
      return [...breakers.values()].reduce((sum, { harmed }) => sum + harmed, 0);
    },
    refuseButStore: () => void (now.refusing = true),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await Promise.all(lines.values());
      await Promise.all([...breakers.values()].map((breaker) => breaker.close()));
      await producer.disconnect();
    },
  };
}

/** Every record on the way into one topic; every fifth is harmed. */
class Breaker {
  readonly #producer: Producer;
  readonly #topic: string;
  readonly #fault: () => Fault | undefined;
  readonly #held = new Map<string, Stored>();
  readonly #late = new Set<Promise<void>>();
  readonly #closing = new AbortController();
  #seen = 0;
  #harmed = 0;

  constructor(producer: Producer, topic: string, fault: () => Fault | undefined) {
    this.#producer = producer;
    this.#topic = topic;
    this.#fault = fault;
  }

  get harmed(): number {
    return this.#harmed;
  }

  async store(record: Stored): Promise<void> {
    const held = this.#held.get(record.key);
    this.#held.delete(record.key);
    const fault = this.#seen++ % 5 === 4 ? this.#fault() : undefined;
    if (fault !== undefined) this.#harmed += 1;
    if (fault === 'reorder' && !held) this.#held.set(record.key, record);
    else if (fault === 'delay') this.#late.add(this.#sendLate(record));
    else if (fault !== 'drop') await this.#send(fault === 'alter' ? altered(record) : record);
    if (fault === 'double') await this.#send(record);
    if (held) await this.#send(held);
  }

  /** What is still held back stays away. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#late);
  }

  async #sendLate(record: Stored): Promise<void> {
    await pause(delayMs, this.#closing.signal);
    if (!this.#closing.signal.aborted) await this.#send(record);
  }

  async #send({ key, value }: Stored): Promise<void> {
    await this.#producer.send({ topic: this.#topic, messages: [{ key, value }] });
  }
}

const pipeline = createPipeline(builtInCatalogue);

async function pass(
  request: IncomingMessage,
  key: string,
  body: Buffer,
  breakers: ReadonlyMap<Hop, Breaker>,
): Promise<void> {
  const url = request.url ?? '';
  const stored = request.method === 'GET' ? Buffer.from(url.slice(url.indexOf('?') + 1)) : body;
  await breakers.get('raw')?.store({ key, value: stored });
  for (const outcome of outcomesOf(request, stored)) {
    if (outcome.kind !== 'clean') continue;
    const record = { key, value: encodeEvent(outcome.event) };
    await breakers.get('clean')?.store(record);
    await breakers.get('master')?.store(record);
  }
}

function outcomesOf(request: IncomingMessage, stored: Buffer): Outcome[] {
  const hint = (/^\/v([1-4])/.exec(request.url ?? '')?.[1] ?? '4') as FormatHint;
  const type = request.headers['content-type'] ?? 'application/x-www-form-urlencoded';
  const split = pipeline.split(stored, hint, type);
  if (!('items' in split)) return [];
  const context = {
    ...{ tenant: 'default', receivedAtMs: Date.now(), sentAtMs: null, userAgent: null, dc: 'fra' },
    ...{ receiver: 'r', requestId: 'q', topic: 'raw', partition: 0, offset: 0 },
  };
  return [...split.items].map((item) => pipeline.process(item, context));
}

/** One letter of a property's value is another one. */
function altered({ key, value }: Stored): Stored {
  const changed = Buffer.from(value);
  const at = changed.indexOf('page') + 6;
  changed[at] = changed[at]! ^ 1;
  return { key, value: changed };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
