import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

const checkout = fileURLToPath(new URL('../../../../', import.meta.url));
const example = join(checkout, 'docs/catalogue');
const bin = join(checkout, 'node_modules/.bin');
const main = join(checkout, 'packages/input-filter/bin/input-filter.mjs');
const types = join(checkout, 'packages/events/penstock-catalogue.d.ts');
const file = 'catalogue.ts';
let folder: string;

// Outside of the checkout, as a deployer has it: nothing of ours can be imported from there.
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'penstock-catalogue-'));
  for (const name of await readdir(example)) await copyFile(join(example, name), join(folder, name));
  await copyFile(types, join(folder, 'penstock-catalogue.d.ts'));
});
afterAll(() => rm(folder, { recursive: true }));

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(program: string, args: readonly string[]): Promise<Ended> {
  const env = { PATH: process.env['PATH'] ?? '' }; // nothing is configured: no broker, no catalogue
  try {
    const { stdout, stderr } = await promisify(execFile)(program, args, { cwd: folder, env });
    return { code: 0, stdout, stderr };
  } catch (error) {
    return error as Ended;
  }
}

const check = (...args: string[]) => run(process.execPath, [main, 'check-catalogue', ...args]);
const tsc = () => run(join(bin, 'tsc'), ['-p', '.']);
const edit = async (name: string, from: string, to: string): Promise<void> => {
  const text = await readFile(join(folder, name), 'utf8');
  expect(text).toContain(from);
  await writeFile(join(folder, name), text.replace(from, to));
};

test('the example of the docs fits the types alone, and has no problem', async () => {
  const printed = await run(process.execPath, [main, 'catalogue-types']);
  expect(printed.stdout).toBe(await readFile(types, 'utf8'));
  expect(await tsc()).toMatchObject({ code: 0, stdout: '' });
  const { code, stdout, stderr } = await check(file, '--json');
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toMatchObject({
    ...{ ok: true, problems: [], ownFormats: [100], routedTopics: ['events.receipts'] },
    schemaFields: ['x_shop', 'x_total'],
  });
  expect(code).toBe(0);
});

test('the schema is written once, and what is released is compatible with it from then on', async () => {
  const written = await check(file, '--write-schema', 'released');
  const [name] = await readdir(join(folder, 'released'));
  expect(written.stdout).toContain(`the schema is in released/${name}`);
  expect(name).toMatch(/^event-4-[0-9a-f]{16}\.avsc$/);
  expect((await check(file, '--history', 'released')).code).toBe(0);
  await edit(file, "name: 'x_total',\n  type: 'double'", "name: 'x_total',\n  type: 'string'");
  const changed = await check(file, '--history', 'released', '--write-schema', 'released');
  expect(changed.stdout).toContain('error  schemaFields \'x_total\'.type: found ["null","string"]');
  expect(changed.stdout).toContain(name);
  expect(changed.code).toBe(1);
  expect(await readdir(join(folder, 'released'))).toEqual([name]);
  await edit(file, "name: 'x_total',\n  type: 'string'", "name: 'x_total',\n  type: 'double'");
});

test('a fix is added by copying the template, and what is wrong with it is told in words', async () => {
  await copyFile(join(folder, 'fix-template.ts'), join(folder, 'guest-users.ts'));
  await edit('guest-users.ts', 'export const fixTemplate', 'export const guestUsers');
  await edit(
    file,
    'import { summerTimeTill }',
    "import { guestUsers } from './guest-users.ts';\nimport { summerTimeTill }",
  );
  await edit(file, 'fixTemplate(events)]', 'fixTemplate(events), guestUsers(events)]');
  expect((await check(file)).stdout).toContain('two fixes have the id fix-template');
  await edit('guest-users.ts', "id: 'fix-template'", "id: 'guest-users'");
  await edit('guest-users.ts', "=== 'anonymous'", "=== 'guest'");
  const wrong = await check(file);
  expect(wrong.code).toBe(1);
  expect(wrong.stdout).toContain(
    "error  fixes[21] 'guest-users'.examples[0] (format 2): " +
      'found `detect` does not answer true for `broken`, expected check 1 of 7',
  );
  await edit('guest-users.ts', "broken: { userId: 'anonymous'", "broken: { userId: 'guest'");
  const right = await check(file);
  expect(right.stdout).toContain('catalogue.ts can be used');
  expect(right.code).toBe(0);
  expect(await tsc()).toMatchObject({ code: 0, stdout: '' });
});

test('what tsc cannot know is a type that is wrong, what it can is told before', async () => {
  await edit('receipts.ts', 'number: 100,', "number: 'hundred',");
  expect((await tsc()).stdout).toContain("Type 'string' is not assignable to type 'number'");
  expect((await check(file)).stdout).toContain(
    `formats[4] 'hundred'.number: found "hundred", expected 1 to 4, or 100`,
  );
  await edit('receipts.ts', "number: 'hundred',", 'number: 100,');
});

test('a file that is not there, or that no Node can run, is told as such', async () => {
  const missing = await check('none.ts');
  expect(missing).toMatchObject({ code: 2, stdout: '' });
  expect(missing.stderr).toContain("no such file or directory, access 'none.ts'");
  await writeFile(join(folder, 'broken.ts'), 'export default (events => ({');
  expect(await check('broken.ts')).toMatchObject({ code: 1, stdout: expect.stringContaining('SyntaxError') });
  await writeFile(join(folder, 'throws.ts'), "export default () => { throw new RangeError('not today'); };");
  expect((await check('throws.ts')).stdout).toContain('RangeError: not today');
  expect(await check()).toMatchObject({ code: 2, stderr: expect.stringContaining('which FILE?') });
});
