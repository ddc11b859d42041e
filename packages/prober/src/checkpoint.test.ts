import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readCheckpoint, writeCheckpoint } from './checkpoint.ts';

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'penstock-checkpoint-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

test.each([
  ['is cut off', '{"version":1,', 'is no checkpoint; move it away to begin anew'],
  ['is null', 'null', 'is no checkpoint; move it away to begin anew'],
  ['is of another kind', '[]', 'is no checkpoint; move it away to begin anew'],
  ['is for other keys', '{"version":1,"layout":"b"}', 'is for other datacenters or keys (b); move it away'],
])('a checkpoint that %s is one line that says what to do', async (_, text, problem) => {
  const path = join(newFolder(), 'checkpoint');
  writeFileSync(path, text);
  await expect(readCheckpoint(path, 'a')).rejects.toMatchObject({
    code: 'CHECKPOINT',
    message: expect.stringContaining(`${path} ${problem}`),
  });
});

test('a checkpoint that cannot be read or written says why, with its path', async () => {
  const folder = newFolder();
  await expect(readCheckpoint(folder, 'a')).rejects.toMatchObject({
    code: 'CHECKPOINT',
    message: `the checkpoint ${folder} is a folder, not a file`,
  });
  const state = { run: 1, layout: 'a', streams: [], offsets: {} };
  const nowhere = join(folder, 'none', 'checkpoint');
  await expect(writeCheckpoint(nowhere, state)).rejects.toMatchObject({
    code: 'CHECKPOINT',
    message: `the checkpoint ${nowhere} cannot be written: there is no folder for it`,
  });
  mkdirSync(join(folder, 'taken'));
  await expect(writeCheckpoint(join(folder, 'taken'), state)).rejects.toMatchObject({ code: 'CHECKPOINT' });
  expect(await readCheckpoint(join(folder, 'none'), 'a')).toBeUndefined();
});

test('a checkpoint that our own program gets wrong is no full disk', async () => {
  const state = { run: 1, layout: 'a', streams: [], offsets: {} };
  const wrong = { ...state, layout: 1n as unknown as string }; // JSON has no such thing
  const writing = writeCheckpoint(join(newFolder(), 'checkpoint'), wrong);
  await expect(writing).rejects.toBeInstanceOf(TypeError);
});
