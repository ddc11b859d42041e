import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { createLog } from '@penstock/service';
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
  await expect.poll(() => keys.holderOf(second.key)?.tenant, { timeout: 5_000 }).toBe('press');
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
  expect(said).toContain('line 1 of the key file is no key');
  expect(said).toContain('the key file is gone');
  expect(said).not.toContain('canary');
  const third = newKey('late', '');
  await addKey(file, third.stored);
  await keys.look();
  expect([keys.holderOf(third.key)?.tenant, keys.holderOf(first.key)]).toEqual(['late', undefined]);
});
