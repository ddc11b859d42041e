/** A shell script as far as the doctor reads it. Words are kept as written, quotes and all: see words.ts. */
export type Command =
  | Simple
  | { kind: 'pipeline'; commands: Command[] }
  | { kind: 'subshell'; body: Script }
  | { kind: 'group'; body: Script }
  | { kind: 'if'; branches: { condition: Script; body: Script }[]; otherwise: Script | undefined }
  | { kind: 'case'; arms: { patterns: string[]; body: Script }[] }
  | { kind: 'loop'; word: 'while' | 'until' | 'for' | 'select'; condition: Script; body: Script }
  | { kind: 'function'; name: string; body: Script };

export interface Simple {
  kind: 'simple';
  assignments: { name: string; value: string }[];
  words: string[];
  /** `> file`, `2>&1`: with one, bash stays as the parent even of a lone command. */
  redirected: boolean;
}

/** Statements in a row. */
export type Script = Statement[];

/** `a && b || c &`: commands joined by && and ||, perhaps in the background. */
export interface Statement {
  commands: { joint: '&&' | '||' | undefined; command: Command }[];
  background: boolean;
}

/** A command on its own, in the foreground. */
export function statementOf(command: Command): Statement {
  return { commands: [{ joint: undefined, command }], background: false };
}
