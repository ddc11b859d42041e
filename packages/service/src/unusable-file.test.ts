import { expect, test } from 'vitest';
import { unreadableFile, unwritableFile } from './unusable-file.ts';

const uid = process.getuid?.();
const user = `the user of this process (uid ${uid})`;

test.each([
  ['ENOENT', 'there is no /a/b'],
  ['ENOTDIR', 'there is no /a/b'],
  ['EISDIR', 'the key file /a/b is a folder, not a file'],
  ['EACCES', `the key file /a/b may not be read by ${user}: give that user the right`],
  ['EIO', 'the key file /a/b cannot be read (EIO)'],
])('%s is told with the path, and no stack', (code, said) => {
  const error = Object.assign(new Error('x'), { code });
  expect(unreadableFile('/a/b', error, 'key file')).toContain(said);
  expect(unreadableFile('/a/b', error)).toContain('/a/b');
});

test.each([
  ['ENOENT', '/a/b cannot be written: there is no folder for it'],
  ['EACCES', `/a/b cannot be written: ${user} may not`],
  ['EEXIST', '/a/b cannot be written: it exists'],
  ['ENOSPC', '/a/b cannot be written (ENOSPC)'],
])('of a file that is to be written, %s too', (code, said) => {
  expect(unwritableFile('/a/b', Object.assign(new Error('x'), { code }))).toContain(said);
});
