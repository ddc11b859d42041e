import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { schemaFingerprint } from './avro/fingerprint.ts';
import { eventSchema } from './avro/schema.ts';
import { builtInCatalogue } from './built-in-catalogue.ts';
import { timeQualities } from './model/event.ts';

const page = (name: string): string =>
  readFileSync(new URL(`../../../docs/${name}`, import.meta.url), 'utf8');

test('the page for consumers gives the fingerprint of the current schema in both byte orders', () => {
  const fingerprint = schemaFingerprint(eventSchema);
  const consumers = page('consumers.md');
  expect(consumers).toContain(fingerprint.toString('hex'));
  expect(consumers).toContain(Buffer.from(fingerprint).reverse().toString('hex'));
});

test('the page for consumers cuts the fingerprint out of names like those in the history', () => {
  const folder = new URL('../schema/history/', import.meta.url);
  for (const file of readdirSync(folder)) expect(file.slice(-21, -5)).toMatch(/^[0-9a-f]{16}$/);
});

test('the page of formats has every limit, as it is by default, and every quality of time', () => {
  const formats = page('formats.md');
  const { limits } = builtInCatalogue;
  expect(formats).toContain(`| ${limits.depthMax} `);
  expect(formats).toContain(`| ${limits.keysMax} `);
  expect(formats).toContain(`| ${limits.numberLengthMax} `);
  expect(formats).toContain(`| ${limits.envelopeKeysMax} `);
  expect(formats).toContain(`| ${limits.eventBytesMax / 1024} KiB`);
  expect(formats).toContain(`| ${limits.envelopeBytesMax / 1024} KiB`);
  expect(formats).toContain(`| ${limits.eventsPerRequestMax.toLocaleString('en').replace(',', ' ')} `);
  expect(formats).toContain(`| ${limits.stringLengthMax.toLocaleString('en').replace(',', ' ')} `);
  for (const quality of timeQualities) expect(formats).toContain(`\`${quality}\``);
});
