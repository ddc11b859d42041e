import { basename } from 'node:path';

export const shellPrograms: ReadonlySet<string> = new Set(['sh', 'bash', 'dash', 'ash', 'zsh', 'ksh']);

const execPattern = /(^|[;&|\n]\s*|\b(?:then|else|do)\s+)\s*exec\s/;

/**
 * A shell script (`#!/bin/sh` and the like) that nowhere says exec: the service is its child then, unless
 * the script is itself the service and traps TERM. `text` is how the file starts.
 */
export function shellScriptProblem(path: string, text: string): string | undefined {
  const words =
    /^#![ \t]*(.*)/
      .exec(text)?.[1]
      ?.split(/[ \t]+/)
      .map((word) => basename(word)) ?? [];
  const shell = words.find((word) => word !== 'env' && !word.startsWith('-'));
  if (!shellPrograms.has(shell ?? '') || execPattern.test(text) || /(^|[;&|\n]\s*)trap\s/.test(text))
    return undefined;
  return (
    `${path} is a shell script that never says exec: ` +
    'what it starts is its child, and TERM would orphan it'
  );
}

/**
 * `sh -c "service"` may keep the shell as the parent: dash always does, bash execs a lone command. TERM
 * then ends the shell and orphans the service. Undefined when the command is no such thing, or says exec.
 */
export function shellWrapperProblem([program, ...args]: readonly string[]): string | undefined {
  const at = args.findIndex((arg) => /^-[a-z]*c$/.test(arg));
  if (!shellPrograms.has(basename(program ?? '')) || at < 0) return undefined;
  const script = args[at + 1] ?? '';
  if (execPattern.test(script)) return undefined;
  return (
    `${basename(program ?? '')} -c without exec: the shell may stay between the supervisor and the ` +
    'service, and TERM would orphan it'
  );
}
