import { uniqueName } from '@penstock/test-broker';
import type { TestKafka } from '@penstock/test-broker';
import { errorCode } from '../error-code.ts';
import { judgeReading } from '../judgement.ts';
import type { Judgement } from '../judgement.ts';
import { nothingActed } from '../promise-case.ts';
import type { Acted, Prepared, PromiseCase } from '../promise-case.ts';

/** Contract test 5 of packages/kafka, as far as all these clients can be asked. */
export const restartedId: PromiseCase = {
  name: 'restarted-id',
  promise: 'a restart with the same transactional id goes on',
  prepare,

  async act(client, { bootstrap, topic }) {
    const first = await client.openTransactions(bootstrap, topic);
    await first.send(topic, 'one');
    await first.commit();
    await first.close();
    const second = await client.openTransactions(bootstrap, topic);
    await second.send(topic, 'two');
    await second.commit();
    return nothingActed;
  },

  judge: (kafka, prepared, acted) => judge(kafka, prepared, acted, ['one', 'two']),
};

export const zombie: PromiseCase = {
  name: 'zombie',
  promise: 'whoever lost a transactional id to a newer owner commits nothing more, and is told',
  prepare,

  async act(client, { bootstrap, topic }) {
    const old = await client.openTransactions(bootstrap, topic);
    await old.send(topic, 'one');
    await old.commit();
    await old.send(topic, 'never committed');
    const owner = await client.openTransactions(bootstrap, topic);
    await owner.send(topic, 'two');
    await owner.commit();
    const refusals: string[] = [];
    const attempt = async (what: string, call: () => Promise<void>): Promise<void> => {
      try {
        await call();
        refusals.push(`${what} was accepted`);
      } catch (error) {
        refusals.push(`${what}: ${errorCode(error)}`);
      }
    };
    await attempt('commit', () => old.commit());
    await attempt('another transaction', async () => {
      await old.send(topic, 'from a zombie');
      await old.commit();
    });
    return { ...nothingActed, refusals };
  },

  judge: (kafka, prepared, acted) => judge(kafka, prepared, acted, ['one', 'two']),
};

async function prepare(kafka: TestKafka): Promise<Prepared> {
  const topic = uniqueName('compare-transactions');
  await kafka.createTopic(topic);
  return { topic };
}

async function judge(
  kafka: TestKafka,
  { topic }: Prepared,
  { refusals }: Acted,
  committed: readonly string[],
): Promise<Judgement> {
  const seen = await kafka.consoleConsume(topic, { timeoutMs: 2_000 });
  const judgement = judgeReading(
    committed,
    seen.map(({ value }) => value?.toString() ?? ''),
  );
  const accepted = refusals.filter((refusal) => refusal.endsWith('was accepted'));
  const account = [judgement.account, ...refusals].filter(Boolean).join('; ');
  return { ...judgement, kept: judgement.kept && accepted.length === 0, account };
}
