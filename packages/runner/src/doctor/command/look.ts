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
  const header = start.slice(0, 256);
  const interpreter = interpreterOf(header);
  const named = /^#![ \t]*\S*\/env[ \t]+(?:-\S+[ \t]+)*(\S+)/.exec(header)?.[1] ?? interpreter;
  const shell = named?.slice(named.lastIndexOf('/') + 1);
  if (start === '') return undefined;
  if (shell === undefined || !shellPrograms.has(shell)) return 'no script';
  return { interpreter: shell, text: start.replace(/^#!.*/, '') };
};
