import { expect, it } from 'vitest';
import { parseEnvFile } from './env-file.ts';

it('takes values as they are', () => {
  const text = '\uFEFF# comment\n\n  # another\nA=1\r\nB=x=y z#no comment\nC=\nd.e-f=$HOME\n';
  expect(parseEnvFile(text, 'f')).toEqual({
    variables: [
      ['A', '1'],
      ['B', 'x=y z#no comment'],
      ['C', ''],
      ['d.e-f', '$HOME'],
    ],
    problems: [],
  });
});

it('refuses what it would have to guess, by line number and without showing it', () => {
  const { problems } = parseEnvFile('A=1\nexport B=hunter2\nC="hunter2"\nroot:hunter2:1\n D=hunter2\n', 'f');
  expect(problems).toEqual([
    'f line 2: not NAME=VALUE',
    'f line 3: write the value without quotes',
    'f line 4: not NAME=VALUE',
    'f line 5: not NAME=VALUE',
  ]);
});
