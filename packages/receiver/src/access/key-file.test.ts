import { chownSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
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

test('comments and empty lines stay where they are when keys come and go', async () => {
  const file = newFile();
  const [a, b, c] = ['a', 'b', 'c'].map((tenant) => newKey(tenant, made).stored);
  const line = (key: typeof a) => JSON.stringify(key);
  writeFileSync(file, `# of the shop\n${line(a)}\n\n# of the press\n${line(b)}`); // its last line has no end
  await addKey(file, c!);
  expect(readFileSync(file, 'utf8')).toBe(
    `# of the shop\n${line(a)}\n\n# of the press\n${line(b)}\n${line(c)}\n`,
  );
  expect(await removeKey(file, b!.id)).toBe(true);
  expect(readFileSync(file, 'utf8')).toBe(`# of the shop\n${line(a)}\n\n# of the press\n${line(c)}\n`);
});

test.skipIf(process.getuid?.() !== 0)(
  'a file that root changes still belongs to its owner (needs root)',
  async () => {
    const file = newFile();
    const { stored } = newKey('shop', made);
    writeFileSync(file, '', { mode: 0o640 });
    chownSync(file, 4711, 4712);
    await addKey(file, stored);
    expect(await readKeys(file)).toHaveLength(1);
    const { uid, gid, mode } = statSync(file);
    expect({ uid, gid, mode: mode & 0o777 }).toEqual({ uid: 4711, gid: 4712, mode: 0o640 });
  },
);

test.skipIf(process.getuid?.() !== 0)(
  'the first one may be read by the group of its folder, whatever the umask (needs root)',
  async () => {
    const file = newFile();
    chownSync(dirname(file), 0, 4712);
    const umask = process.umask(0o077);
    await addKey(file, newKey('shop', made).stored).finally(() => process.umask(umask));
    const { gid, mode } = statSync(file);
    expect({ gid, mode: mode & 0o777 }).toEqual({ gid: 4712, mode: 0o640 });
  },
);

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
  ['a torn line', `${good}\n${good.slice(0, 40)}`, 'line 2 of the key file k is no key'],
  ['the same key twice', `${good}\n\n${good}`, 'line 3 of the key file k is there twice'],
  ['a plain key instead of its hash', '{"id":"a","tenant":"shop","sha256":"pk_secret"}', 'line 1'],
  ['a tenant that is no name', good.replace('shop', 'sh op'), 'line 1'],
  ['null', 'null', 'line 1'],
])('%s is told by its line, without its content', (_, text, problem) => {
  expect(() => parseKeys(text, 'k')).toThrow(problem);
  expect(() => parseKeys(text, 'k')).not.toThrow(/pk_secret|sh op/);
});

test('comments and empty lines are no keys', () => {
  expect(parseKeys(`# of the shop\n\n${good}\n`, 'k')).toHaveLength(1);
  expect(parseKeys('', 'k')).toEqual([]);
});
