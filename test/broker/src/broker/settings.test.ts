import { expect, test } from 'vitest';
import { type BrokerAddresses, brokerSettings, environmentName, propertiesFile } from './settings.ts';

function broker(id: number): BrokerAddresses {
  const at = (port: number) => ({ bind: `127.0.0.1:${port}`, advertised: `127.0.0.1:${port}` });
  return {
    id,
    client: { ...at(20_000 + id), advertised: 'proxy:1' },
    internal: at(20_010 + id),
    controller: at(20_020 + id),
  };
}

test('three brokers replicate everything three times and need two, one needs one', () => {
  const all = [1, 2, 3].map(broker);
  const three = brokerSettings(all[1] as BrokerAddresses, all, '/data');
  for (const name of ['offsets.topic', 'transaction.state.log'])
    expect(three[`${name}.replication.factor`]).toBe('3');
  expect(three).toMatchObject({
    'min.insync.replicas': '2',
    'transaction.state.log.min.isr': '2',
    'node.id': '2',
  });
  const one = brokerSettings(all[0] as BrokerAddresses, all.slice(0, 1), '/data');
  expect(one).toMatchObject({ 'min.insync.replicas': '1', 'default.replication.factor': '1' });
});

test('clients are told the advertised address, brokers among themselves never', () => {
  const settings = brokerSettings(broker(1), [broker(1)], '/data');
  expect(settings['advertised.listeners']).toBe('CLIENT://proxy:1,INTERNAL://127.0.0.1:20011');
  expect(settings['inter.broker.listener.name']).toBe('INTERNAL');
});

test('what a test sets wins', () => {
  const settings = brokerSettings(broker(1), [broker(1)], '/data', { 'min.insync.replicas': '9' });
  expect(settings['min.insync.replicas']).toBe('9');
});

test('a setting survives the properties file and has the name that the image knows', () => {
  expect(propertiesFile({ 'a.b': 'c\\d\ne' })).toBe('a.b=c\\\\d\\ne\n');
  expect(environmentName('log.retention_x-y.ms')).toBe('KAFKA_LOG_RETENTION__X___Y_MS');
});
