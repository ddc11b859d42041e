import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readConfig } from '@penstock/service';
import { expect, test } from 'vitest';
import * as filter from '../../../packages/input-filter/src/config.ts';
import * as mirror from '../../../packages/mirror/src/config.ts';
import * as receiver from '../../../packages/receiver/src/config.ts';

// infra/compose/compose.yaml without an engine: what it says to the services is read as they would read it.

const text = readFileSync(join(import.meta.dirname, '../../../infra/compose/compose.yaml'), 'utf8');
const blocks = new Map(
  (text.split(/^services:\n/m)[1] ?? '')
    .split(/^(?= {2}[a-z-]+:$)/m)
    .map((block) => [/^ {2}([a-z-]+):$/m.exec(block)?.[1], block]),
);

test('compose gives the Receiver knobs that it has, with values that it takes', () => {
  expect(() =>
    readConfig(receiver.knobs, { ...environmentOf('receiver'), check: receiver.checkConfig }),
  ).not.toThrow();
});

test('compose gives the Input Filter knobs that it has, with values that it takes', () => {
  const given = environmentOf('input-filter');
  expect(() => readConfig(filter.knobs, { ...given, check: filter.checkConfig })).not.toThrow();
});

test('compose gives the Mirror, and the creation of its link, knobs that it has', () => {
  const given = environmentOf('mirror-init');
  expect(() => readConfig(mirror.knobs, { ...given, check: mirror.checkConfig })).not.toThrow();
  expect(block('mirror')).toContain('environment: *mirror-environment');
});

test('a knob that nobody has is noticed here', () => {
  const { env, prefixes } = environmentOf('receiver');
  const wrong = { ...env, PENSTOCK_RECEIVER_LINTEN: '0.0.0.0:8080' };
  expect(() => readConfig(receiver.knobs, { env: wrong, prefixes, check: receiver.checkConfig })).toThrow(
    'PENSTOCK_RECEIVER_LINTEN',
  );
});

test('compose waits for each service longer than it takes to stop', () => {
  const stopTimeoutsMs = {
    receiver: readConfig(receiver.knobs, environmentOf('receiver')).stopTimeoutMs,
    'input-filter': readConfig(filter.knobs, environmentOf('input-filter')).stopTimeoutMs,
    mirror: readConfig(mirror.knobs, environmentOf('mirror-init')).stopTimeoutMs,
  };
  for (const [service, stopTimeoutMs] of Object.entries(stopTimeoutsMs)) {
    const graceSeconds = Number(/stop_grace_period: (\d+)s/.exec(block(service))?.[1]);
    expect(graceSeconds * 1_000, service).toBeGreaterThan(stopTimeoutMs);
  }
});

function block(service: string): string {
  const found = blocks.get(service);
  if (found === undefined) throw new Error(`compose.yaml has no service ${service}`);
  return found;
}

/** Everything that begins with PENSTOCK_ must be known: here nothing else of the machine is in the way. */
function environmentOf(service: string) {
  const lines = block(service).matchAll(/^ {6}(PENSTOCK_\w+): (.+)$/gm);
  const env = Object.fromEntries([...lines].map(([, name, value]) => [name, value?.replaceAll("'", '')]));
  expect(Object.keys(env).length).toBeGreaterThan(2);
  return { env, prefixes: ['PENSTOCK_'] };
}
