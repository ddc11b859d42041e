import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import { createLog, RefusedError } from '@penstock/service';
import { expect, onTestFinished, test } from 'vitest';
import { openApiKeys } from './api-keys.ts';
import { addKey, newKey, removeKey } from './key-file.ts';

async function openNew() {
  const folder = mkdtempSync(join(tmpdir(), 'penstock-keys-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'keys');
  const first = newKey('shop', '');
  await addKey(file, first.stored);
  const lines = new PassThrough().setEncoding('utf8');
  const keys = await openApiKeys(file, createLog({ service: 'receiver', destination: lines }));
  onTestFinished(() => keys[Symbol.dispose]());
  return { file, first, keys, logged: () => String(lines.read() ?? '') };
}

test('a key says its tenant; a key that is nearly right says nothing', async () => {
  const { first, keys } = await openNew();
  expect(keys.holderOf(first.key)).toEqual({
    id: first.stored.id,
    tenant: 'shop',
    cannotRetry: false,
  });
  for (const wrong of ['', 'pk_', first.key.slice(0, -1), `${first.key} `, first.stored.sha256]) {
    expect(keys.holderOf(wrong)).toBeUndefined();
  }
});

test('keys that are added and taken back are so without a restart', async () => {
  const { file, first, keys } = await openNew();
  const second = newKey('press', '');
  await addKey(file, second.stored);
  await removeKey(file, first.stored.id);
  await expect.poll(() => keys.holderOf(second.key)?.tenant).toBe('press');
  expect(keys.holderOf(first.key)).toBeUndefined();
});

test('a broken or missing file keeps the keys of before, and the log says so', async () => {
  const { file, first, keys, logged } = await openNew();
  writeFileSync(file, '{"id":"canary');
  await keys.look();
  expect(keys.holderOf(first.key)?.tenant).toBe('shop');
  renameSync(file, `${file}.away`);
  await keys.look();
  expect(keys.holderOf(first.key)?.tenant).toBe('shop');
  const said = logged();
  expect(said).toContain(`line 1 of the key file ${file} is no key`);
  expect(said).toContain(`there is no ${file}`);
  expect(said).not.toContain('canary');
  const third = newKey('late', '');
  await addKey(file, third.stored);
  await keys.look();
  expect([keys.holderOf(third.key)?.tenant, keys.holderOf(first.key)]).toEqual(['late', undefined]);
});

test.each([
  ['is not there', () => {}, /^there is no (\S+): `receiver keys add` makes one$/],
  ['is a folder', (file: string) => mkdirSync(file), /^the key file (\S+) is a folder, not a file$/],
  [
    'lies below a file',
    (file: string) => writeFileSync(dirname(file), ''),
    /^there is no (\S+): `receiver keys add` makes one$/,
  ],
  [
    'is something else',
    (file: string) => writeFileSync(file, 'GIF89a'),
    /^line 1 of the key file (\S+) is no key: correct it, or take the line out$/,
  ],
])('a key file that %s is refused in one line with its path', async (what, make, line) => {
  const folder = mkdtempSync(join(tmpdir(), 'penstock-keys-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = what.includes('below') ? join(folder, 'file', 'keys') : join(folder, 'keys');
  make(file);
  const log = createLog({ service: 'receiver', destination: new PassThrough() });
  const error = await openApiKeys(file, log).then(
    () => undefined,
    (each: unknown) => each,
  );
  expect(error).toBeInstanceOf(RefusedError);
  expect(line.exec((error as Error).message)?.[1]).toBe(file);
});
