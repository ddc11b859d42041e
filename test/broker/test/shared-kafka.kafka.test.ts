import { expect, test } from 'vitest';
import { sharedKafka, uniqueName } from '../src/index.ts';

test('the console consumer gives back keys, values and escapes byte by byte', async () => {
  const kafka = await sharedKafka();
  const topic = uniqueName('console');
  await kafka.createTopic(topic, { partitions: 2 });
  const input = ['plain', String.raw`back\slash \x41`, 'null', 'tab\tand é'].join('\n');
  const produced = await kafka.tool('kafka-console-producer', ['--topic', topic], { input: `${input}\n` });
  expect(produced).toMatchObject({ exitCode: 0, stderr: '' });

  const records = await kafka.consoleConsume(topic, { maxMessages: 4 });

  expect(new Set(records.map((record) => record.value?.toString()))).toEqual(new Set(input.split('\n')));
  expect(records.every((record) => record.key === null && record.timestampType === 'CreateTime')).toBe(true);
});

test('a test gets the same shared broker each time, and no way to harm it', async () => {
  const kafka = await sharedKafka();
  expect(kafka.brokers).toEqual([]);
  expect(await sharedKafka()).toBe(kafka);
});
