/**
 * What a program that starts another one does when it gets TERM. Measured on Debian 12 with a service that
 * needs 5 s to stop (util-linux 2.38, sudo 1.9.13, dash 0.5.12), or read in the sources that
 * command/programs.ts names.
 *
 * - `replaces`: it execs: same PID, nothing of it is left
 * - `passes`: a parent stays, hands TERM on, and waits for its child
 * - `passes-then-kills`: a parent stays, hands TERM on, and sends KILL two seconds later in any case
 * - `passes-and-leaves`: a parent stays, hands TERM on, and ends without waiting for its child
 * - `dies-alone`: a parent stays and ends by TERM; the child is never told
 * - `ignores`: a parent stays, and does nothing at TERM before its child has ended
 * - `detaches`: the child runs in the background, and the parent leaves at once
 * - `unknown`: a parent stays, and nobody knows whether it hands TERM on
 * - `opaque`: what it starts is out of sight: elsewhere, or held by a supervisor with rules of its own
 */
export type OnTerm =
  | 'replaces'
  | 'passes'
  | 'passes-then-kills'
  | 'passes-and-leaves'
  | 'dies-alone'
  | 'ignores'
  | 'detaches'
  | 'unknown'
  | 'opaque';

/** One program on the way from the supervisor to the service. */
export interface Hop {
  /** Its base name: su, tini. */
  name: string;
  onTerm: OnTerm;
  /** The user that the child runs as, where the command says it. */
  user?: string;
  /** What it does, in a sentence without a subject. */
  because: string;
  /** The script that it runs, where that was read. */
  file?: string;
  /** What to do about it, where that is not the usual. */
  mend?: string;
  /** It is told to become a daemon, and may leave. */
  mayDetach?: boolean;
  /** It is a script that is not here to be read. */
  unread?: boolean;
  /** What would settle it, when it is unknown or opaque. */
  settle?: string;
  /** When it sends KILL, where it passes TERM on and then kills; su's 2 s otherwise. */
  killsAfterMs?: number;
  /** Its child is in a session or process group of its own: a signal to the group does not reach it. */
  newGroup?: boolean;
  /** It sets ignored signals back to their defaults. */
  resetsTerm?: boolean;
  /** A shell without job control starts its child with INT and QUIT ignored: POSIX, `&`. */
  ignoresInt?: boolean;
  /** It signals the whole process group of its child. */
  tellsGroup?: boolean;
}

/** The way to a service, outermost first, and its own command. */
export interface Chain {
  hops: Hop[];
  service: string[];
  /**
   * What the service does with TERM, where that can be seen; otherwise it is taken to end by it in peace.
   * inherited: it starts with TERM ignored, which stays so unless it sets a handler (the JVM does not).
   */
  ownTerm?: 'default' | 'ignored' | 'inherited';
  /** The command works only within the shell that starts it: variables, or what the script does before. */
  needsShell?: boolean;
  /** What was taken for granted on the way. */
  assumed?: string[];
}

/**
 * `sh` is bash with Red Hat, dash with Debian and Ubuntu; they differ in whether a lone command replaces
 * the shell.
 */
export type ShellFlavour = 'bash' | 'dash';

/**
 * su and runuser sleep so long between TERM and KILL: create_watching_parent, util-linux,
 * login-utils/su-common.c.
 */
export const suKillsAfterMs = 2_000;
