import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Ledger } from './ledger.ts';
import { verifyTopic } from './verify-topic.ts';
import { send } from './send.ts';
import { isClean, MasterVerifier } from './verdict.ts';

const help = `Posts seeded events like good clients and keeps a ledger; then says what became of them.

  npm run load -- send --url http://127.0.0.1:8080 --events 100000 --ledger run.ledger
  npm run load -- verify --ledger run.ledger --bootstrap master-1:9092

send      --url URL[,URL]        Receivers of one datacenter
          --events N             default 100000
          --rate N               events a second; without it as fast as answers come
          --per-request N        events in a request (default 20)
          --clients N            keys that send at the same time (default 32)
          --bytes N              about so large is an event (default: as the samples are)
          --seed N               same seed, same requests (default: the time)
          --fixable, --rejected, --twice, --cut SHARE
                                 0 to 1: events with a known client bug, events that break their format, requests
                                 sent twice, requests cut before their answer
          --ledger FILE          default load.ledger
verify    --ledger FILE --bootstrap HOST:PORT[,...]   brokers of the cluster to read
          --topic NAME           default events.clean
          --wait SECONDS         for events on their way (default 30)

Exit code 0: nothing is lost, doubled, invented or out of order (send: everything was answered). 1: something is.
2: wrong usage.
`;

const options = {
  url: { type: 'string' },
  events: { type: 'string', default: '100000' },
  rate: { type: 'string' },
  'per-request': { type: 'string', default: '20' },
  clients: { type: 'string', default: '32' },
  bytes: { type: 'string' },
  seed: { type: 'string', default: String(Math.floor(Date.now() / 1_000)) },
  fixable: { type: 'string', default: '0' },
  rejected: { type: 'string', default: '0' },
  twice: { type: 'string', default: '0' },
  cut: { type: 'string', default: '0' },
  ledger: { type: 'string', default: 'load.ledger' },
  bootstrap: { type: 'string' },
  topic: { type: 'string', default: 'events.clean' },
  wait: { type: 'string', default: '30' },
  help: { type: 'boolean', default: false },
} as const;

process.exitCode = await main();

async function main(): Promise<number> {
  const usage = readUsage();
  if (typeof usage === 'string') {
    process.stderr.write(`${usage}\n\n${help}`);
    return 2;
  }
  if (usage.values.help) {
    process.stdout.write(help);
    return 0;
  }
  try {
    return usage.command === 'send' ? await runSend(usage.values) : await runVerify(usage.values);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}

function readUsage() {
  try {
    const { values, positionals } = parseArgs({ options, allowPositionals: true, strict: true });
    const [command = ''] = positionals;
    if (values.help) return { command, values };
    if (command !== 'send' && command !== 'verify') return 'say send or verify';
    if (command === 'send' && !values.url) return '--url is missing';
    if (command === 'verify' && !values.bootstrap) return '--bootstrap is missing';
    for (const name of ['events', 'rate', 'per-request', 'clients', 'bytes', 'seed', 'wait'] as const) {
      const text = values[name];
      if (text !== undefined && !/^\d{1,12}$/.test(text))
        return `--${name} must be a whole number, not ${text}`;
    }
    for (const name of ['fixable', 'rejected', 'twice', 'cut'] as const) {
      const share = Number(values[name]);
      if (!(share >= 0 && share <= 1)) return `--${name} must be from 0 to 1, not ${values[name]}`;
    }
    return { command, values };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

type Values = Exclude<ReturnType<typeof readUsage>, string>['values'];

async function runSend(values: Values): Promise<number> {
  const abort = new AbortController();
  process.once('SIGINT', () => abort.abort());
  const ledger = await send({
    urls: values.url!.split(','),
    seed: Number(values.seed),
    events: Number(values.events),
    eventsPerRequest: Number(values['per-request']),
    clients: Number(values.clients),
    fixable: Number(values.fixable),
    rejected: Number(values.rejected),
    sentTwice: Number(values.twice),
    cutBeforeAnswer: Number(values.cut),
    signal: abort.signal,
    ...(values.rate ? { eventsPerSecond: Number(values.rate) } : {}),
    ...(values.bytes ? { eventBytes: Number(values.bytes) } : {}),
    onProgress: ({ acknowledged, refused, unknown, resends, elapsedMs, latencyMs }) => {
      const rate = Math.round((acknowledged / Math.max(1, elapsedMs)) * 1_000);
      process.stderr.write(
        `${(elapsedMs / 1_000).toFixed(0)} s  ${acknowledged} acknowledged (${rate}/s)  ${refused} refused  ` +
          `${unknown} unknown  ${resends} resends  p50 ${latencyMs.p50} ms  p99 ${latencyMs.p99} ms\n`,
      );
    },
  });
  await ledger.save(values.ledger);
  process.stdout.write(`ledger in ${values.ledger}, seed ${values.seed}\n`);
  return ledger.count('unknown') + ledger.count('unsent') === 0 ? 0 : 1;
}

async function runVerify(values: Values): Promise<number> {
  const ledger = await Ledger.load(values.ledger);
  const until = Date.now() + Number(values.wait) * 1_000;
  for (;;) {
    const verifier = new MasterVerifier(ledger);
    await verifyTopic(verifier, values.bootstrap!.split(','), values.topic);
    const verdict = verifier.verdict();
    if (verdict.lost > 0 && Date.now() < until) {
      process.stderr.write(`${verdict.lost} of ${verdict.lost + verdict.arrived} events are not there yet\n`);
      await sleep(2_000);
      continue;
    }
    process.stdout.write(`${JSON.stringify(verdict, null, 2)}\n`);
    return isClean(verdict) ? 0 : 1;
  }
}
