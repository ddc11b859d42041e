import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import {
  canSecure,
  javaClientProperties,
  securedUser,
  shortSessionMs,
  startKafka,
  uniqueName,
} from '@penstock/test-broker';
import type { SecuredListeners, TestKafka } from '@penstock/test-broker';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openAdmin, openCluster, startBatchProducer } from '../src/index.ts';
import type { ClusterOptions, Settlement } from '../src/index.ts';
import { metadataRequest } from '../src/requests/metadata.ts';
import { copyOnce } from './copy-once.fixture.ts';

// Contract test 10: brokers that require passwords and certificates.

type Security = Pick<ClusterOptions, 'bootstrap' | 'sasl' | 'tls'>;

const scram256 = { ...securedUser, mechanism: 'SCRAM-SHA-256' } as const;
const scram512 = { ...securedUser, mechanism: 'SCRAM-SHA-512' } as const;
const plain = { ...securedUser, mechanism: 'PLAIN' } as const;

describe.skipIf(!canSecure())('brokers that require', () => {
  let kafka: TestKafka;
  let secured: SecuredListeners;

  beforeAll(async () => {
    kafka = await startKafka({ name: 'secured', secured: true });
    secured = kafka.secured!;
  });
  afterAll(() => kafka[Symbol.asyncDispose]());

  describe.each([
    ['PLAIN', () => ({ bootstrap: secured.sasl, sasl: plain })],
    ['SCRAM-SHA-256', () => ({ bootstrap: secured.sasl, sasl: scram256 })],
    ['SCRAM-SHA-512 in TLS', () => ({ bootstrap: secured.saslTls, sasl: scram512, tls: trusting() })],
    ['a certificate of the client', async () => ({ bootstrap: secured.mutualTls, tls: await known() })],
  ])('%s', (name, securityOf) => {
    test('serve the producer, transactions, the group and the admin client, each record once', async () => {
      const security: Security = await securityOf();
      const [input, output] = [uniqueName('secured-in'), uniqueName('secured-out')];
      await using admin = await openAdmin({ ...security, clientId: 'secured' });
      const topic = { partitions: 2, replicationFactor: 1, configs: {} };
      await admin.createTopics([input, output].map((each) => ({ ...topic, name: each })));
      expect(await admin.topicNames()).toContain(output);
      await using cluster = await openCluster({ ...security, clientId: 'secured' });
      // So long that SCRAM-SHA-512 has to authenticate again.
      const forMs = name.includes('512') ? 2.5 * shortSessionMs : 500;
      const sent = await copyOnce(cluster, { input, output, forMs });
      // The brokers' addresses are those of this listener: nothing has led the client to another one.
      const { brokers } = await cluster.ask(metadataRequest, []);
      expect(brokers.map(({ host, port }) => `${host}:${port}`)).toEqual(security.bootstrap);
      const seen = await kafka.consoleConsume(output, { maxMessages: sent.length, ...judge(security) });
      expect(seen.map(({ value }) => String(value)).toSorted()).toEqual(sent.toSorted());
    });
  });

  test('the client authenticates again before a session ends: no request fails', async () => {
    const options = { bootstrap: secured.saslTls, sasl: scram512, tls: trusting(), clientId: 'renewed' };
    await using cluster = await openCluster(options);
    const connections = cluster.connectionsFor('test');
    const until = Date.now() + 2.5 * shortSessionMs;
    const answered: number[] = [];
    const asked: Promise<unknown>[] = [];
    while (Date.now() < until) {
      const number = asked.length;
      asked.push(connections.call(1, metadataRequest, []).then(() => answered.push(number)));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await Promise.all(asked);
    expect(answered).toEqual(asked.map((_, index) => index));
    // Silence for longer than a session: the client still authenticates again in time.
    await new Promise((resolve) => setTimeout(resolve, 1.3 * shortSessionMs));
    await connections.call(1, metadataRequest, []);
  });

  test.each<[string, string, RegExp, () => Security | Promise<Security>]>([
    [
      'a wrong password',
      'SASL_AUTHENTICATION_FAILED',
      /refuses the user "penstock" with SCRAM-SHA-256 .*: check user and password/,
      () => ({ bootstrap: secured.sasl, sasl: { ...scram256, password: 'wrong' } }),
    ],
    [
      'a wrong password for PLAIN',
      'SASL_AUTHENTICATION_FAILED',
      /refuses the user "penstock" with PLAIN .*: check user and password/,
      () => ({ bootstrap: secured.saslTls, tls: trusting(), sasl: { ...plain, password: 'wrong' } }),
    ],
    [
      'an unknown user',
      'SASL_AUTHENTICATION_FAILED',
      /refuses the user "nobody"/,
      () => ({ bootstrap: secured.sasl, sasl: { ...scram512, username: 'nobody' } }),
    ],
    [
      'a password where none is wanted',
      'ILLEGAL_SASL_STATE',
      /has no SASL on this listener/,
      () => ({ bootstrap: kafka.bootstrap, sasl: plain }),
    ],
    [
      'a CA that has not signed the broker',
      'TLS',
      /certificate of 127.0.0.1:\d+ is refused .*: configure the CA/,
      () => ({ bootstrap: secured.saslTls, sasl: plain, tls: { ca: secured.stranger.certificate } }),
    ],
    [
      'only the CAs of the system',
      'TLS',
      /is refused .*: configure the CA/,
      () => ({ bootstrap: secured.saslTls, sasl: plain, tls: {} }),
    ],
    [
      'a name that the certificate does not hold',
      'TLS',
      /is refused .*: connect by a name that is in the certificate/,
      () => ({
        bootstrap: secured.saslTls.map((address) => address.replace('127.0.0.1', 'localhost')),
        sasl: plain,
        tls: trusting(),
      }),
    ],
    [
      'no certificate where one is required',
      'TLS',
      /refuses this client in the TLS handshake/,
      () => ({ bootstrap: secured.mutualTls, tls: trusting() }),
    ],
    [
      'a certificate that the broker does not trust',
      'TLS',
      /refuses this client in the TLS handshake/,
      async () => {
        const { certificate, key } = await secured.stranger.issue('client');
        return { bootstrap: secured.mutualTls, tls: { ...trusting(), cert: certificate, key } };
      },
    ],
    [
      'a key that does not belong to the certificate',
      'TLS',
      /cannot be used/,
      async () => {
        const { certificate } = await secured.authority.issue('one');
        const { key } = await secured.authority.issue('other');
        return { bootstrap: secured.mutualTls, tls: { ...trusting(), cert: certificate, key } };
      },
    ],
    [
      'no TLS on a listener with',
      'TLS',
      /speaks TLS, but this client is set up without/,
      () => ({ bootstrap: secured.saslTls, sasl: plain }),
    ],
  ])('refuse %s, say what to mend and never the password', async (_, code, says, securityOf) => {
    const options = { ...(await securityOf()), clientId: 'refused' };
    for (const open of [openCluster, openAdmin]) {
      const error: unknown = await open(options).then(
        (opened) => opened[Symbol.asyncDispose](),
        (thrown: unknown) => thrown,
      );
      expect(error).toMatchObject({ name: 'KafkaError', code, retryable: false });
      expect(String(error)).toMatch(says);
      const everything = inspect(error, { depth: 10, showHidden: true });
      expect(everything).not.toContain(securedUser.password);
      expect(everything).not.toContain('wrong');
    }
  });

  test('an error that looks like a lost broker is retryable, and says what else it may be', async () => {
    const nobody = openCluster({ bootstrap: secured.sasl, clientId: 'nobody' });
    await expect(nobody).rejects.toThrow(/wants a user and a password/);
    const inTls = openCluster({ bootstrap: kafka.bootstrap, tls: trusting(), clientId: 'in-tls' });
    await expect(inTls).rejects.toThrow(/a listener without TLS does this too/);
  });

  test('a broker that is away gives a retryable error', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const away = { bootstrap: [`127.0.0.1:${port}`], sasl: plain, tls: trusting(), clientId: 'away' };
    await expect(openCluster(away)).rejects.toMatchObject({ code: 'CONNECTION', retryable: true });
  });

  test(
    'a broker that restarts is waited for, and both sides authenticate again',
    { timeout: 480_000 },
    async () => {
      const options = { bootstrap: secured.saslTls, sasl: scram256, tls: trusting(), clientId: 'restart' };
      await using cluster = await openCluster(options);
      const topic = uniqueName('restart');
      await kafka.createTopic(topic);
      const written: unknown[] = [];
      const onSettled = ({ outcome, tokens, error }: Settlement<string>): void => {
        if (outcome !== 'written') throw new Error(`a batch is ${outcome}`, { cause: error });
        written.push(...tokens);
      };
      await using producer = await startBatchProducer(cluster, { onSettled, deliveryTimeoutMs: 60_000 });
      let restarted = false;
      const restart = kafka.brokers[0]!.restart().finally(() => (restarted = true));
      const sent: string[] = [];
      while (!restarted || sent.length < 200) {
        const value = `value ${sent.length}`;
        const record = { key: null, value: Buffer.from(value), timestampMs: Date.now() };
        if (producer.append(topic, 0, record, value)) sent.push(value);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      await restart;
      await producer.drain();
      expect(written).toEqual(sent);
      const bootstrap = secured.saslTls;
      const properties = javaClientProperties('SCRAM-SHA-256', secured.authority);
      const seen = await kafka.consoleConsume(topic, { maxMessages: sent.length, bootstrap, properties });
      expect(seen.map(({ value }) => String(value))).toEqual(sent);
    },
  );

  function trusting() {
    return { ca: secured.authority.certificate };
  }

  async function known() {
    const { certificate, key } = await secured.authority.issue(uniqueName('client'), 'DNS:client');
    return { ...trusting(), cert: certificate, key };
  }

  /** Java's consumer uses the same listener if that has passwords; otherwise the plain one. */
  function judge({ bootstrap, sasl, tls }: Security) {
    if (!sasl) return {};
    return { bootstrap, properties: javaClientProperties(sasl.mechanism, tls && secured.authority) };
  }
});
