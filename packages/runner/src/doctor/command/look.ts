import { basename } from 'node:path';
import { interpreterOf, readPart } from '../../run/exec/executable.ts';
import { shellPrograms } from '../../shell-wrapper.ts';
import type { Look } from './step.ts';

export const scriptBytes = 262_144;

/** A shell script of this machine; what is in an image, or not here, is not looked at. */
export const lookAtScript: Look = (path) => {
  if (!path.startsWith('/')) return undefined;
  let start: string;
  try {
    start = readPart(path, 0, scriptBytes)?.toString('utf8') ?? '';
  } catch {
    return undefined; // a folder, or nothing that can be read
  }
  if (start === '') return undefined;
  // The kernel hands on what follows the interpreter as one word; only env -S splits it.
  const words = interpreterLine(start.slice(0, 256));
  const shell = words.findIndex((word) => shellPrograms.has(basename(word)));
  if (shell < 0) return 'no script';
  return {
    interpreter: basename(words[shell]!),
    text: start.replace(/^#!.*/, ''),
    ...(shell > 0 && { startedBy: words.slice(0, shell) }),
  };
};

/** The words behind #!, without env and its options. */
function interpreterLine(header: string): string[] {
  const words =
    interpreterOf(header) === undefined
      ? []
      : header
          .slice(2, header.indexOf('\n'))
          .trim()
          .split(/[ \t]+/);
  const isEnv = basename(words[0] ?? '') === 'env';
  const named = isEnv ? words.findIndex((word, at) => at > 0 && !/^-|^\w+=/.test(word)) : 0;
  return named < 0 ? [] : words.slice(named);
}
