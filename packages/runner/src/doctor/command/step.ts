import type { Chain, Hop } from '../judge/hop.ts';

/** One step on the way to the service. */
export interface Step extends Pick<Chain, 'ownTerm' | 'needsShell' | 'assumed'> {
  /** Undefined when the step only gives the command another form. */
  hop: Hop | undefined;
  /** What it starts; empty when the command does not say. */
  inner: string[];
  /** What it starts is not looked into any further. */
  last?: boolean;
}

/** A shell script on this machine, a program that is none, or undefined for what is not here. */
export type Look = (path: string) => { interpreter: string; text: string } | 'no script' | undefined;
