import { readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { expect, it } from 'vitest';
import { runnerFile } from './start-runner.ts';

const text = readFileSync(runnerFile, 'utf8');

it('the shipped file needs nothing but Node', () => {
  const needed = [...text.matchAll(/require\("([^"]+)"\)/g)].map((match) => match[1]?.replace(/^node:/, ''));
  expect(needed.length).toBeGreaterThan(0);
  for (const name of needed) expect(builtinModules).toContain(name);
});

it('nothing in it touches console or a standard stream, which would break the service (see say.ts)', () => {
  const code = text.replaceAll(/^\s*(\/\/|\*|\/\*).*$/gm, '');
  expect(code).not.toMatch(/console\s*\.|process\s*\.\s*(stdin|stdout|stderr)|\[["']std(in|out|err)["']\]/);
});

it('is small enough to read, and the parsers of the doctor are not in it', () => {
  expect(text.split('\n').length).toBeLessThan(2000);
  expect(text).not.toMatch(/yaml|upstart/i);
});
