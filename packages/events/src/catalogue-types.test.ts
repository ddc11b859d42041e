import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type * as written from '../penstock-catalogue.d.ts';
import { catalogueTools, type CatalogueTools } from './catalogue-tools.ts';
import type { Catalogue } from './catalogue/catalogue.ts';
import type { CleanEvent, OwnField } from './catalogue/own-field.ts';
import type { Fix } from './catalogue/fix.ts';
import type { Format } from './catalogue/format.ts';
import { reasons, stages, type Reason, type Refusal, type Stage } from './model/reasons.ts';

/** True when each can stand where the other is expected. tsc checks what these say. */
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;

const same: [
  Same<written.Catalogue, Catalogue>,
  Same<written.Format, Format>,
  Same<written.Fix, Fix>,
  Same<written.OwnField, OwnField>,
  Same<written.CleanEvent, CleanEvent>,
  Same<written.Refusal, Refusal>,
  Same<written.Reason, Reason>,
  Same<written.Stage, Stage>,
] = [true, true, true, true, true, true, true, true];
const given: written.CatalogueTools = catalogueTools satisfies CatalogueTools;

const text = readFileSync(new URL('../penstock-catalogue.d.ts', import.meta.url), 'utf8');

test('the types for catalogues name every tool that a catalogue is given, and no other', () => {
  expect(same).not.toContain(false);
  const tools = text.slice(text.indexOf('export interface CatalogueTools'));
  const named = [...tools.matchAll(/^ {2}readonly (\w+):/gm)].map(([, name]) => name!);
  expect(named.toSorted()).toEqual(Object.keys(given).toSorted());
});

test('they stand alone: nothing is imported, and no type of Node is used', () => {
  expect(text).not.toMatch(/^\s*(import|\/\/\/)\b/m);
  expect(text).not.toMatch(/\bBuffer\b|\bNodeJS\b/);
});

test('they name every reason and stage', () => {
  for (const name of [...Object.keys(reasons), ...stages]) expect(text).toContain(`'${name}'`);
});
