import {
  bytes,
  chassisKnobs,
  durationMs,
  flag,
  integer,
  kafkaKnobs,
  kafkaProblems,
  list,
  listen,
  oneOf,
  receiverTopicKnobs,
  secret,
  text,
  type ConfigOf,
} from '@penstock/service';
import { ownRouteProblems } from './api/own-routes.ts';
import { addressRangeProblem } from './request/client-address.ts';

export const prefix = 'PENSTOCK_RECEIVER_';

/** How long whoever is still connected at the end of the linger is served. */
export const lastBodiesMs = 1_000;

const exampleSalt = 'replace-this-by-32-random-characters';

const chassis = chassisKnobs(prefix, 9464);

const http = {
  listen: listen(`${prefix}LISTEN`, {
    why: 'Where clients post events.',
    default: { address: '127.0.0.1', port: 8080 },
  }),
  reusePort: flag(`${prefix}REUSE_PORT`, {
    why:
      'Lets several Receivers of one machine share the address (SO_REUSEPORT), one for each core. Each ' +
      'then listens 64 times, and a busy one accepts at once who comes at once. When false, a taken port ' +
      'is an error.',
    default: false,
  }),
  connectionsMax: integer(`${prefix}CONNECTIONS_MAX`, {
    why: 'Connections beyond this are closed at once.',
    min: 1,
    max: 1_000_000,
    default: 10_000,
  }),
  connectionsPerAddressMax: integer(`${prefix}CONNECTIONS_PER_ADDRESS_MAX`, {
    why:
      'Connections of one address, or one IPv6 /64, beyond this are closed at once. 0: no limit, as ' +
      'behind a balancer.',
    min: 0,
    max: 1_000_000,
    default: 0,
  }),
  backlog: integer(`${prefix}BACKLOG`, {
    why:
      'About how many connections may wait to be accepted; the kernel takes no more than its ' +
      'net.core.somaxconn at each listener.',
    min: 1,
    max: 65_535,
    default: 4_096,
  }),
  keepAliveTimeoutMs: durationMs(`${prefix}KEEP_ALIVE_TIMEOUT_MS`, {
    why:
      'How long a connection without a request stays open. Keep it above that of the balancer in ' +
      'front, or its requests meet a closing connection.',
    min: 1_000,
    max: 600_000,
    default: 65_000,
  }),
  headerBytesMax: receiverTopicKnobs.headerBytesMax,
  headerCountMax: integer(`${prefix}HEADER_COUNT_MAX`, {
    why: 'A request with more headers is answered 431.',
    min: 16,
    max: 1_000,
    default: 128,
  }),
  headersTimeoutMs: durationMs(`${prefix}HEADERS_TIMEOUT_MS`, {
    why: 'How long the headers of a request may take: 408 then.',
    min: 500,
    max: 120_000,
    default: 10_000,
  }),
  corsOrigins: list(`${prefix}CORS_ORIGINS`, {
    why:
      'Origins whose pages may read answers, or *. Pages of others can send to the beacon route, and ' +
      'see a failure.',
    pattern: /^(\*|https?:\/\/[^/\s,]+)$/,
    optional: true,
    example: 'https://shop.example,https://press.example',
  }),
  ownRoutes: list(`${prefix}ROUTES`, {
    why:
      'POST routes for formats of your own, as /path=number: the number that your catalogue gives the ' +
      'format (docs/catalogue.md).',
    pattern: /^\/[^=,\s]+=\d{3}$/,
    optional: true,
    example: '/till/receipts=100',
  }),
  openApi: flag(`${prefix}OPENAPI`, {
    why: 'Whether GET /openapi.json describes the routes, for authors of clients.',
    default: false,
  }),
  trustedProxyHops: integer(`${prefix}TRUSTED_PROXY_HOPS`, {
    why:
      'How many proxies of yours stand before the Receiver, each adding to X-Forwarded-For. 0 takes ' +
      'the address of the connection. Set this or TRUSTED_PROXIES.',
    min: 0,
    max: 10,
    default: 0,
  }),
  trustedProxies: list(`${prefix}TRUSTED_PROXIES`, {
    why:
      'Addresses and CIDR ranges of your proxies; the client is the first address from the right that ' +
      'is none of them.',
    optional: true,
    example: '10.0.0.0/8,2001:db8::/32',
  }),
};

const tls = {
  certificateFile: text(`${prefix}TLS_CERTIFICATE_FILE`, {
    why:
      'Certificate (PEM, with its chain) of the address for clients, which then speaks HTTPS only. Read ' +
      'again when it changes; a pair that does not fit leaves the one of before.',
    optional: true,
  }),
  keyFile: text(`${prefix}TLS_KEY_FILE`, {
    why: 'Private key (PEM, not encrypted) of that certificate.',
    optional: true,
  }),
  clientCertificates: oneOf(`${prefix}TLS_CLIENT_CERTIFICATES`, ['none', 'optional', 'required'], {
    why:
      'Whether clients show a certificate of their own. One that is shown must be valid. It lets a client ' +
      'connect; its tenant is still that of its API key.',
    default: 'none',
  }),
  clientAuthoritiesFile: text(`${prefix}TLS_CLIENT_CA_FILE`, {
    why:
      'Certificates (PEM) that sign those of clients; nobody else is believed. Read again like the ' +
      'others.',
    optional: true,
  }),
};

const body = {
  bodyBytesMax: receiverTopicKnobs.bodyBytesMax,
  bodyTimeoutMs: durationMs(`${prefix}BODY_TIMEOUT_MS`, {
    why: 'How long a body may take from its headers to its last byte: 408 then.',
    min: 500,
    max: 600_000,
    default: 30_000,
  }),
  bodyBytesPerSecondMin: bytes(`${prefix}BODY_BYTES_PER_SECOND_MIN`, {
    why: 'A body that comes slower than this after its first two seconds is answered 408.',
    min: 0,
    max: 1024 ** 2,
    default: 512,
  }),
  bodyChunksMax: integer(`${prefix}BODY_CHUNKS_MAX`, {
    why:
      'A body may come in so many chunks, and one more for each KiB: 400 beyond. A chunk of one byte ' +
      'costs as much CPU as a large one.',
    min: 16,
    max: 10_000_000,
    default: 16_384,
  }),
  inFlightBytesMax: bytes(`${prefix}IN_FLIGHT_BYTES_MAX`, {
    why:
      'Bodies being read or waiting for Kafka, all together, each with 2 KiB for itself, and answers that ' +
      'wait behind others of their connection. When full: 503 before the body is read.',
    min: 1024 ** 2,
    max: 64 * 1024 ** 3,
    default: 128 * 1024 ** 2,
  }),
  queueAgeMaxMs: durationMs(`${prefix}QUEUE_AGE_MAX_MS`, {
    why:
      'A request that would wait longer than this for Kafka is answered 503 at once, before its body ' +
      'is read where that can be known.',
    min: 100,
    max: 120_000,
    default: 5_000,
  }),
  retryAfterMaxMs: durationMs(`${prefix}RETRY_AFTER_MAX_MS`, {
    why:
      'Retry-After of a 503 is a random whole second up to this, so that clients do not come back ' +
      'together.',
    min: 1_000,
    max: 300_000,
    default: 5_000,
  }),
};

const record = {
  dc: text(`${prefix}DC`, {
    why: 'Name of this datacenter; every event carries it.',
    pattern: /^[a-z0-9-]{1,32}$/,
    example: 'fra',
  }),
  instance: text(`${prefix}INSTANCE`, {
    why: 'Name of this Receiver, carried by every event; the host name when not set.',
    pattern: /^[A-Za-z0-9._-]{1,64}$/,
    optional: true,
  }),
  tenant: text(`${prefix}TENANT`, {
    why: 'Tenant of every request, until API keys say it.',
    pattern: /^[A-Za-z0-9._-]{1,64}$/,
    default: 'default',
  }),
  rawTopic: receiverTopicKnobs.rawTopic,
  keySalt: secret(`${prefix}KEY_SALT`, {
    why:
      'At least 16 characters, the same in all Receivers of a datacenter: hides client addresses in ' +
      'partition keys. With different ones a retry misses its original.',
    example: exampleSalt,
  }),
};

const access = {
  keysFile: text(`${prefix}KEYS_FILE`, {
    why:
      'Hashes of the API keys that may send, made by `keys add`; read again when it changes. ' +
      'Everybody may send when it is not set.',
    optional: true,
  }),
  keyRequests: integer(`${prefix}KEY_REQUESTS_PER_SECOND`, {
    why:
      'Requests a second of one API key, in each Receiver: 429 beyond, after a burst of two seconds. ' +
      '0: no limit.',
    min: 0,
    max: 10_000_000,
    default: 0,
  }),
  keyBytes: bytes(`${prefix}KEY_BYTES_PER_SECOND`, {
    why: 'The same for the bytes of bodies: their Content-Length, or what comes in chunks.',
    min: 0,
    max: 64 * 1024 ** 3,
    default: 0,
  }),
  addressRequests: integer(`${prefix}ADDRESS_REQUESTS_PER_SECOND`, {
    why: 'Requests a second of one client address, or one IPv6 /64. 0: no limit.',
    min: 0,
    max: 10_000_000,
    default: 0,
  }),
  addressBytes: bytes(`${prefix}ADDRESS_BYTES_PER_SECOND`, {
    why: 'The same for the bytes of bodies: their Content-Length, or what comes in chunks.',
    min: 0,
    max: 64 * 1024 ** 3,
    default: 0,
  }),
  hotPercent: integer(`${prefix}HOT_SENDER_PERCENT`, {
    why:
      'A partition key, network or API key with so much of the load of a minute is reported in the log and ' +
      'by `status`, by a salted hash or the id.',
    unit: 'percent',
    min: 1,
    max: 100,
    default: 20,
  }),
  sendersMax: integer(`${prefix}QUOTA_SENDERS_MAX`, {
    why:
      'How many keys, and how many addresses, are remembered for quotas, at some 200 bytes each. The ' +
      'quietest are forgotten first.',
    min: 100,
    max: 10_000_000,
    default: 100_000,
  }),
};

const spool = {
  folder: text(`${prefix}SPOOL_DIR`, {
    why:
      'Folder on a local disk, of this process alone, for what Kafka does not take of API keys that ' +
      'cannot retry (`keys add --cannot-retry`). It holds bodies and addresses as they came. Such a 200 is ' +
      'one disk, outside the promise.',
    optional: true,
  }),
  bytesMax: bytes(`${prefix}SPOOL_BYTES_MAX`, {
    why:
      'Most that the spool may hold: 503 beyond. The Receiver is not ready while less than a fifth of it ' +
      'is free, here or on the disk.',
    min: 1024 ** 2,
    max: 1024 ** 4,
    default: 1024 ** 3,
  }),
};

const producing = {
  lingerMs: durationMs(`${prefix}LINGER_MS`, {
    why:
      'How long a record waits for others to share its batch. More is fewer, larger batches and a ' +
      'later answer.',
    min: 0,
    max: 1_000,
    default: 5,
  }),
  batchBytes: receiverTopicKnobs.batchBytes,
  compression: oneOf(`${prefix}COMPRESSION`, ['none', 'lz4', 'zstd'], {
    why: 'How batches are compressed. Costs CPU here, saves network and disk of the brokers.',
    default: 'none',
  }),
  deliveryTimeoutMs: durationMs(`${prefix}DELIVERY_TIMEOUT_MS`, {
    why:
      'How long Kafka may take to confirm a record before the client is answered 503. Longer than a ' +
      'change of leaders takes.',
    min: 500,
    max: 120_000,
    default: 10_000,
  }),
};

const stopping = {
  stopLingerMs: durationMs(`${prefix}STOP_LINGER_MS`, {
    why:
      'After the stop signal /readyz is 503 but requests are still served for this long: balancers ' +
      'need it to notice.',
    min: 0,
    max: 120_000,
    default: 4_000,
  }),
};

export const knobs = {
  ...chassis,
  http,
  tls,
  body,
  record,
  access,
  spool,
  producing,
  stopping,
  kafka: kafkaKnobs('penstock-receiver'),
};

export type ReceiverConfig = ConfigOf<typeof knobs>;

/** Rules over several knobs. */
export function checkConfig(config: ReceiverConfig): string[] {
  const problems = kafkaProblems(config.kafka);
  problems.push(...tlsProblems(config));
  if (config.spool.folder !== undefined && config.access.keysFile === undefined) {
    problems.push(`${prefix}SPOOL_DIR needs ${prefix}KEYS_FILE: a key says that its clients cannot retry`);
  }
  problems.push(...ownRouteProblems(`${prefix}ROUTES`, config.http.ownRoutes ?? []));
  const { trustedProxies = [], trustedProxyHops } = config.http;
  if (trustedProxyHops > 0 && trustedProxies.length > 0) {
    problems.push(`${prefix}TRUSTED_PROXY_HOPS and ${prefix}TRUSTED_PROXIES are both set; set one`);
  }
  for (const range of trustedProxies) {
    const problem = addressRangeProblem(range);
    if (problem) problems.push(`${prefix}TRUSTED_PROXIES: ${problem}`);
  }
  const { keySalt } = config.record;
  if (keySalt.length < 16) problems.push(`${prefix}KEY_SALT: at least 16 characters`);
  if (keySalt === exampleSalt)
    problems.push(`${prefix}KEY_SALT: is the one of example.env, which everybody knows`);
  if (config.body.bodyBytesMax > config.body.inFlightBytesMax) {
    problems.push(
      `${prefix}BODY_BYTES_MAX is above ${prefix}IN_FLIGHT_BYTES_MAX: such a body could never be taken`,
    );
  }
  const neededMs = config.stopping.stopLingerMs + lastBodiesMs + config.producing.deliveryTimeoutMs;
  if (neededMs > config.stopTimeoutMs) {
    problems.push(
      `${prefix}STOP_TIMEOUT_MS must be at least ${neededMs}: ` +
        `STOP_LINGER_MS + ${lastBodiesMs} + DELIVERY_TIMEOUT_MS`,
    );
  }
  return problems;
}

function tlsProblems({ tls }: ReceiverConfig): string[] {
  const { certificateFile, keyFile, clientCertificates, clientAuthoritiesFile } = tls;
  const problems: string[] = [];
  if ((certificateFile === undefined) !== (keyFile === undefined)) {
    problems.push(`${prefix}TLS_CERTIFICATE_FILE and ${prefix}TLS_KEY_FILE belong together; set both`);
  }
  const asks = clientCertificates !== 'none';
  if (asks && certificateFile === undefined) {
    problems.push(`${prefix}TLS_CLIENT_CERTIFICATES needs ${prefix}TLS_CERTIFICATE_FILE`);
  }
  if (asks !== (clientAuthoritiesFile !== undefined)) {
    problems.push(
      `${prefix}TLS_CLIENT_CERTIFICATES and ${prefix}TLS_CLIENT_CA_FILE belong together: nobody but its ` +
        'authorities is believed',
    );
  }
  return problems;
}
