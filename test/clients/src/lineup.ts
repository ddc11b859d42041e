import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { abortedRecords } from './cases/aborted-records.ts';
import { lostAck } from './cases/lost-ack.ts';
import { restartedId, zombie } from './cases/transactional-id.ts';
import { kafkajs } from './clients/kafkajs.ts';
import { penstock } from './clients/penstock.ts';
import { platformatic, platformaticFresh } from './clients/platformatic.ts';
import type { PromiseCase } from './promise-case.ts';
import type { TestedClient } from './tested-client.ts';

export const cases: readonly PromiseCase[] = [lostAck, restartedId, zombie, ...abortedRecords];

export interface Entrant {
  title: string;
  client: TestedClient;
  /** Tried only in these cases; everywhere when there are none. */
  only?: readonly string[];
}

export const entrants: Readonly<Record<string, Entrant>> = {
  penstock: { title: 'Penstock', client: penstock },
  kafkajs: { title: `kafkajs ${versionOf('kafkajs')}`, client: kafkajs },
  platformatic: {
    title: `@platformatic/kafka ${versionOf('@platformatic/kafka')}`,
    client: platformatic,
  },
  'platformatic-fresh': {
    title: 'the same, with producerId -1',
    client: platformaticFresh,
    only: [restartedId.name, zombie.name],
  },
};

function versionOf(dependency: string): string {
  const file = join(import.meta.dirname, '../../../node_modules', dependency, 'package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
