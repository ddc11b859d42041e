import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readConfig } from '@penstock/service';
import { expect, test } from 'vitest';
import { filterKnobs, filterProblems } from '../../../packages/input-filter/src/config.ts';
import { checkConfig, mirrorKnobs } from '../../../packages/mirror/src/config.ts';
import { check, knobs } from '../../../packages/receiver/src/config.ts';

// infra/compose/compose.yaml without an engine: what it says to the services is read as they would read it.

const text = readFileSync(join(import.meta.dirname, '../../../infra/compose/compose.yaml'), 'utf8');
const blocks = new Map(
  (text.split(/^services:\n/m)[1] ?? '')
    .split(/^(?= {2}[a-z-]+:$)/m)
    .map((block) => [/^ {2}([a-z-]+):$/m.exec(block)?.[1], block]),
);

test('compose gives the Receiver knobs that it has, with values that it takes', () => {
  expect(() => readConfig(knobs, { ...environmentOf('receiver'), check })).not.toThrow();
});

test('compose gives the Input Filter knobs that it has, with values that it takes', () => {
  const given = environmentOf('input-filter');
  expect(() => readConfig(filterKnobs, { ...given, check: filterProblems })).not.toThrow();
});

test('compose gives the Mirror, and the creation of its link, knobs that it has', () => {
  const given = environmentOf('mirror-init');
  expect(() => readConfig(mirrorKnobs, { ...given, check: checkConfig })).not.toThrow();
  expect(block('mirror')).toContain('environment: *mirror-environment');
});

test('a knob that nobody has is noticed here', () => {
  const { env, prefixes } = environmentOf('receiver');
  const wrong = { ...env, PENSTOCK_RECEIVER_LINTEN: '0.0.0.0:8080' };
  expect(() => readConfig(knobs, { env: wrong, prefixes, check })).toThrow('PENSTOCK_RECEIVER_LINTEN');
});

test('compose waits for each service longer than it takes to stop', () => {
  const stopTimeoutsMs = {
    receiver: readConfig(knobs, environmentOf('receiver')).stopTimeoutMs,
    'input-filter': readConfig(filterKnobs, environmentOf('input-filter')).stopTimeoutMs,
    mirror: readConfig(mirrorKnobs, environmentOf('mirror-init')).stopTimeoutMs,
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
