/**
 * What a program that starts another one does with TERM. Measured on Debian 12 with a service that needs 5 s to stop (util-linux 2.38,
 * sudo 1.9.13, dash 0.5.12).
 *
 * replaces          it execs: same PID, nothing of it is left
 * passes            a parent stays, hands TERM on and waits for its child
 * passes-then-kills a parent stays, hands TERM on, and sends KILL two seconds later whatever the child does
 * dies-alone        a parent stays and ends by TERM; the child is never told
 * detaches          the child runs in the background and the parent leaves at once
 * unknown           a living process that handles TERM; whether it hands it on cannot be seen from outside
 */
export type OnTerm = 'replaces' | 'passes' | 'passes-then-kills' | 'dies-alone' | 'detaches' | 'unknown';

/** One program on the way from the supervisor to the service. */
export interface Hop {
  /** Its base name: su, tini. */
  name: string;
  onTerm: OnTerm;
  /** The user that the child runs as, where the command says it. */
  user?: string;
  /** What it does, in a sentence without a subject. */
  because: string;
}

/** The way to a service, outermost first, and its own command. */
export interface Chain {
  hops: Hop[];
  service: string[];
}

/** `sh` is bash with Red Hat, dash with Debian and Ubuntu; they differ in whether a lone command replaces the shell. */
export type ShellFlavour = 'bash' | 'dash';

/** su and runuser sleep so long between TERM and KILL: create_watching_parent in util-linux's login-utils/su-common.c. */
export const suKillsAfterMs = 2_000;
