import type { Chain, Hop } from '../verdict/hop.ts';

/** One step on the way to the service. */
export interface Step extends Pick<Chain, 'ownTerm' | 'needsShell' | 'assumed'> {
  /** Undefined when the step only gives the command another form. */
  hop: Hop | undefined;
  /** What it starts; empty when the command does not say. */
  inner: string[];
  /** What it starts is not looked into any further. */
  last?: boolean;
}

/** A shell script on this machine. */
export interface ShellScript {
  /** The base name of its shell. */
  interpreter: string;
  text: string;
  /** What its #! line starts before the shell: `#!/usr/bin/dumb-init /bin/sh`. */
  startedBy?: readonly string[];
}

/** A shell script, a program that is none, or undefined for what is not here. */
export type Look = (path: string) => ShellScript | 'no script' | undefined;
