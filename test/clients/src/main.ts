import { startKafka } from '@penstock/test-broker';
import type { TestKafka } from '@penstock/test-broker';
import { startProxiedKafka } from '@penstock/test-faults';
import { parseArgs } from 'node:util';
import { cases, entrants } from './lineup.ts';
import { renderOutcomes } from './outcome-table.ts';
import type { Outcome } from './outcome-table.ts';
import { stageCase } from './stage-case.ts';

const help = `npm run compare:clients [-- OPTION...]

Tries the promises that this pipeline stands on with each client for Node, on a real broker behind a fault
proxy, each in a process of its own, and prints who keeps which. Kafka's own console consumer says what is in
the log. It takes about three minutes.

  --only A,B     cases: ${cases.map(({ name }) => name).join(', ')}
  --clients A,B  ${Object.keys(entrants).join(', ')}
  --json         the outcomes with all counts, instead of a table
  --help

npm run compare:clients
npm run compare:clients -- --only lost-ack --clients kafkajs

Exit codes: 0 Penstock kept what it was asked for, 1 it did not, 2 wrong usage.
`;

const options = {
  only: { type: 'string' },
  clients: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

process.exitCode = await main();

async function main(): Promise<number> {
  const usage = readUsage();
  if (typeof usage === 'string') {
    process.stderr.write(`${usage}\n\n${help}`);
    return 2;
  }
  if (usage.help) {
    process.stdout.write(help);
    return 0;
  }
  const outcomes = await compare(usage.only, usage.clients);
  process.stdout.write(
    usage.json ? `${JSON.stringify(outcomes, null, 2)}\n` : `\n${renderOutcomes(outcomes)}\n`,
  );
  const ours = entrants['penstock']?.title;
  return outcomes.every(({ client, judgement }) => client !== ours || judgement.kept) ? 0 : 1;
}

function readUsage() {
  try {
    const { values } = parseArgs({ options, strict: true });
    const only = values.only?.split(',') ?? cases.map(({ name }) => name);
    const clients = values.clients?.split(',') ?? Object.keys(entrants);
    const unknown =
      only.find((name) => !cases.some((one) => one.name === name)) ??
      clients.find((name) => !(name in entrants));
    if (unknown !== undefined) return `there is no ${unknown}`;
    return { only, clients, json: values.json, help: values.help };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function compare(only: readonly string[], clients: readonly string[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  await using proxied = await startProxiedKafka<TestKafka, Parameters<typeof startKafka>[0] & object>(
    startKafka,
    { brokers: 1, name: 'compare-clients' },
  );
  for (const tried of cases.filter(({ name }) => only.includes(name))) {
    for (const name of clients) {
      const entrant = entrants[name];
      if (!entrant || entrant.only?.includes(tried.name) === false) continue;
      const judgement = await stageCase(proxied, tried, name);
      const verdict = `${judgement.kept ? 'kept' : 'BROKEN'}: ${judgement.account}`;
      process.stderr.write(`${tried.name.padEnd(20)} ${entrant.title.padEnd(28)} ${verdict}\n`);
      outcomes.push({ promise: tried.promise, client: entrant.title, judgement });
    }
  }
  return outcomes;
}
