import { expect, test } from 'vitest';
import { Metrics } from './metrics.ts';
import { startOperations } from './operations.ts';

const start = (status: () => object) =>
  startOperations({
    listen: { address: '127.0.0.1', port: 0 },
    knob: 'PENSTOCK_X_OPERATIONS_LISTEN',
    metrics: new Metrics('x'),
    notReady: () => ['Kafka does not answer'],
    status,
  });

test.each([
  ['GET', '/nowhere', 404, '/livez /readyz /metrics /status'],
  ['GET', '/livez?x=1', 200, 'ok'],
  ['POST', '/livez', 405, 'GET only'],
  ['GET', '/readyz', 503, 'Kafka does not answer'],
  ['GET', '/status', 200, '"offset": "12345678901234567890"'],
])('%s %s is answered %i', async (method, path, status, text) => {
  await using operations = await start(() => ({ offset: 12345678901234567890n }));
  const response = await fetch(`http://127.0.0.1:${operations.address.port}${path}`, { method });
  expect(response.status).toBe(status);
  expect(await response.text()).toContain(text);
});

test('a status that cannot be told is 500, and the next question is answered', async () => {
  await using operations = await start(() => {
    throw new Error('not now');
  });
  const url = `http://127.0.0.1:${operations.address.port}`;
  expect((await fetch(`${url}/status`)).status).toBe(500);
  expect((await fetch(`${url}/livez`)).status).toBe(200);
});
