import { parseArgs } from 'node:util';

export const help = `Posts seeded events like good clients and keeps a ledger; then says what became of them.

  npm run load -- send --url http://127.0.0.1:8080 --events 100000 --ledger run.ledger
  npm run load -- send --url http://127.0.0.1:8080 --rate 1000x60,5000x60 --formats 4=70,1=20,pixel=10
  npm run load -- verify --ledger run.ledger --bootstrap master-1:9092 --datacenter kafka-1:9092
  npm run load -- capacity --url http://127.0.0.1:8080 \\
    --operations http://127.0.0.1:9464,http://127.0.0.1:9102,http://127.0.0.1:9473

send      --url URL[,URL]        Receivers of one datacenter, as http://host:port: it speaks no TLS
          --api-key-file FILE    the API key of all clients, for Receivers that ask for one
          --events N             default 100000, or what the steps of --rate take
          --rate N               events a second by the clock; latency counts from when a request is due.
                                 Steps: 1000x30,5000x60 is 1000 a second for 30 s, then 5000 for 60 s. Without
                                 it every client sends as fast as it is answered
          --per-request N        events in a request (default 20)
          --clients N            keys that send at the same time (default 32)
          --bytes N              about the size of an event (default: as the samples are)
          --formats LIST         1, 2, 3, 4, avro, pixel, beacon, each with a weight (default 1,2,3,4)
          --seed N               same seed, same requests (default: the time)
          --compressed, --fixable, --rejected, --twice, --cut SHARE
                                 0 to 1: requests with a compressed body, events with a known client bug,
                                 events that break their format, requests sent twice, and requests cut
                                 before their answer
          --ledger FILE          default load.ledger
          --report FILE.html     a page with plots over time: throughput, latency, and of the processes
                                 below lag, CPU and memory, with a mark where one was gone or started
                                 anew. The same as figures is in FILE.json
          --processes LIST       processes of this machine for the report: NAME=PID[,NAME=PID], or the
                                 cluster.json of a demo, which is all of them. Those that share a name are
                                 told apart by their PID
          --operations URL[,URL] operations listeners of services, for the report: the lag comes from there
verify    --ledger FILE --bootstrap HOST:PORT[,...]   brokers of the cluster to read
          --topic NAME           default events.clean
          --datacenter HOST:PORT[,...]   brokers of the datacenter: says after which service an event was no
                                 longer there, whether the master has other bytes, and whether what was to be
                                 rejected is in events.rejected
          --wait SECONDS         for events on their way (default 30)
capacity  finds the highest rate at which the pipeline stays healthy: doubles it, then bisects to within 10 %
          --url URL[,URL]        and the flags of send that shape requests
          --operations URL[,URL] operations listeners of every Receiver, Input Filter and Mirror: lag, CPU and
                                 memory are read there. Their ports are 9464, 9102 and 9473 where no setting
                                 says otherwise; those of a demo are in .demo/cluster.json
          --hold SECONDS         how long each rate is held (default 15)
          --first, --most N      where to begin (default 500), and never more than (default 200000)
          --p99 MS, --lag SECONDS  healthy means: p99 of answers up to this (default 500), and no partition
                                 that waits longer than this (default 5); and every event is acknowledged
          --want N               events a second to print the sizing for (default: what was found)
all       --json                 the outcome as JSON

Exit code 0: nothing is lost, doubled, changed, invented or out of order (send: everything was answered,
and at least one event acknowledged; capacity: a healthy rate was found).
1: something is. 2: wrong usage.
`;

const options = {
  url: { type: 'string' },
  'api-key-file': { type: 'string' },
  events: { type: 'string' },
  rate: { type: 'string' },
  'per-request': { type: 'string', default: '20' },
  clients: { type: 'string', default: '32' },
  bytes: { type: 'string' },
  formats: { type: 'string', default: '1,2,3,4' },
  seed: { type: 'string', default: String(Math.floor(Date.now() / 1_000)) },
  compressed: { type: 'string', default: '0' },
  fixable: { type: 'string', default: '0' },
  rejected: { type: 'string', default: '0' },
  twice: { type: 'string', default: '0' },
  cut: { type: 'string', default: '0' },
  ledger: { type: 'string', default: 'load.ledger' },
  report: { type: 'string' },
  processes: { type: 'string' },
  bootstrap: { type: 'string' },
  datacenter: { type: 'string' },
  topic: { type: 'string', default: 'events.clean' },
  wait: { type: 'string', default: '30' },
  operations: { type: 'string' },
  hold: { type: 'string', default: '15' },
  first: { type: 'string', default: '500' },
  most: { type: 'string', default: '200000' },
  p99: { type: 'string', default: '500' },
  lag: { type: 'string', default: '5' },
  want: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

const commands = ['send', 'verify', 'capacity'] as const;
const notZero = ['events', 'per-request', 'clients', 'hold', 'first', 'most', 'p99', 'lag', 'want'] as const;
const wholeNumbers = [...notZero, 'bytes', 'seed', 'wait'] as const;

function parse(args: readonly string[]) {
  return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
}

export type Values = ReturnType<typeof parse>['values'];

/** Throws in words what is wrong with it. */
export function readUsage(args: readonly string[]): {
  command: (typeof commands)[number] | 'help';
  values: Values;
} {
  const { values, positionals } = parse(args);
  if (values.help) return { command: 'help', values };
  const command = commands.find((name) => name === positionals[0]);
  if (command === undefined) throw new Error('say send, verify or capacity');
  if (command !== 'verify' && !values.url) throw new Error('--url is missing');
  if (command === 'verify' && !values.bootstrap) throw new Error('--bootstrap is missing');
  if (command === 'capacity' && !values.operations) throw new Error('--operations is missing');
  if (command === 'capacity' && values.rate) throw new Error('capacity finds the rate by itself: no --rate');
  for (const name of wholeNumbers) {
    const text = values[name];
    if (text !== undefined && !/^\d{1,12}$/.test(text))
      throw new Error(`--${name} must be a whole number, not ${text}`);
  }
  for (const name of notZero) {
    if (values[name] !== undefined && Number(values[name]) === 0) throw new Error(`--${name} must not be 0`);
  }
  for (const name of ['compressed', 'fixable', 'rejected', 'twice', 'cut'] as const) {
    const share = Number(values[name]);
    if (!(share >= 0 && share <= 1)) throw new Error(`--${name} must be from 0 to 1, not ${values[name]}`);
  }
  return { command, values };
}
