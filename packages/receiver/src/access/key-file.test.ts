import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { addKey, hashOfKey, newKey, parseKeys, readKeys, removeKey } from './key-file.ts';

function newFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'penstock-keys-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 'keys');
}

const made = '2026-11-01T10:00:00.000Z';

test('a key has 256 random bits, and only its hash is in the file', async () => {
  const file = newFile();
  const { key, stored } = newKey('shop', made);
  expect(Buffer.from(key.slice(3), 'base64url')).toHaveLength(32);
  expect(newKey('shop', made).key).not.toBe(key);
  await addKey(file, stored);
  expect(await readKeys(file)).toEqual([
    { id: stored.id, tenant: 'shop', sha256: hashOfKey(key), created: made },
  ]);
  expect(readFileSync(file, 'utf8')).not.toContain(key.slice(3));
});

test('keys are added at the end and taken back by id; the mode of the file stays', async () => {
  const file = newFile();
  const keys = ['a', 'b', 'c'].map((tenant) => newKey(tenant, made).stored);
  writeFileSync(file, '', { mode: 0o600 });
  for (const key of keys) await addKey(file, key);
  expect(await removeKey(file, keys[1]!.id)).toBe(true);
  expect(await removeKey(file, keys[1]!.id)).toBe(false);
  expect((await readKeys(file)).map(({ tenant }) => tenant)).toEqual(['a', 'c']);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('two changes at once lose nothing: one of them is refused', async () => {
  const file = newFile();
  const keys = ['a', 'b'].map((tenant) => newKey(tenant, made).stored);
  const done = await Promise.allSettled(keys.map((key) => addKey(file, key)));
  const kept = (await readKeys(file)).length;
  expect(kept).toBe(done.filter(({ status }) => status === 'fulfilled').length);
  expect(kept).toBeGreaterThan(0);
  const refused = done.flatMap((result) => (result.status === 'rejected' ? [String(result.reason)] : []));
  expect(refused.filter((reason) => !reason.includes('.new exists'))).toEqual([]);
});

const good = JSON.stringify(newKey('shop', made).stored);

test.each([
  ['a torn line', `${good}\n${good.slice(0, 40)}`, 'line 2 of the key file is no key'],
  ['the same key twice', `${good}\n\n${good}`, 'line 3 of the key file is there twice'],
  ['a plain key instead of its hash', '{"id":"a","tenant":"shop","sha256":"pk_secret"}', 'line 1'],
  ['a tenant that is no name', good.replace('shop', 'sh op'), 'line 1'],
  ['null', 'null', 'line 1'],
])('%s is told by its line, without its content', (_, text, problem) => {
  expect(() => parseKeys(text)).toThrow(problem);
  expect(() => parseKeys(text)).not.toThrow(/pk_secret|sh op/);
});

test('comments and empty lines are no keys', () => {
  expect(parseKeys(`# of the shop\n\n${good}\n`)).toHaveLength(1);
  expect(parseKeys('')).toEqual([]);
});
