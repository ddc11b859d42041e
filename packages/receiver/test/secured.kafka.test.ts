import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canSecure, securedUser, startKafka, uniqueName } from '@penstock/test-broker';
import { expect, onTestFinished, test } from 'vitest';
import { post, startReceiverProcess } from './receiver-process.ts';

test.skipIf(!canSecure())(
  'SASL and TLS by knobs alone, the password from a file and in no log; a wrong one ends the process',
  async () => {
    await using kafka = await startKafka({ name: 'secured-receiver', secured: true });
    const { saslTls, authority } = kafka.secured!;
    const topic = uniqueName('raw');
    await kafka.createTopic(topic, { configs: { 'max.message.bytes': '2000000' } });
    const folder = mkdtempSync(join(tmpdir(), 'penstock-secured-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const passwordFile = join(folder, 'password');
    writeFileSync(passwordFile, `${securedUser.password}\n`);
    const env = {
      RAW_TOPIC: topic,
      PENSTOCK_KAFKA_SASL_MECHANISM: 'SCRAM-SHA-256',
      PENSTOCK_KAFKA_SASL_USERNAME: securedUser.username,
      PENSTOCK_KAFKA_SASL_PASSWORD_FILE: passwordFile,
      PENSTOCK_KAFKA_TLS: 'true',
      PENSTOCK_KAFKA_TLS_CA_FILE: authority.certificateFile,
    };
    const receiver = await startReceiverProcess(saslTls, env);
    expect(await post(receiver.url, '{"secured":true}')).toMatchObject({ status: 200 });
    const seen = await kafka.consoleConsume(topic, { maxMessages: 1 });
    expect(seen.map(({ value }) => value?.toString())).toEqual(['{"secured":true}']);
    receiver.terminate();
    expect(await receiver.exited).toBe(0);
    expect(receiver.logged()).not.toContain(securedUser.password);

    writeFileSync(passwordFile, 'mistyped-password\n');
    const refused = await startReceiverProcess(saslTls, env, 'failed');
    expect(await refused.exited).toBe(1);
    expect(refused.logged()).toMatch(/SASL_AUTHENTICATION_FAILED.*check user and password/);
    expect(refused.logged()).not.toContain('mistyped-password');
  },
);
