import type { Chain } from './hop.ts';

/** Who watches the service and stops it. Times in ms. */
export interface Supervisor {
  kind: 'systemd' | 'upstart' | 'docker' | 'other';
  /** For people: "systemd unit kafka.service". */
  name: string;
  /** TERM, unless it was told otherwise. */
  stopSignal: string;
  /**
   * Whom it signals first: its main process, that one's process group, or its whole cgroup. KillMode=none:
   * nobody.
   */
  tells: 'main' | 'group' | 'everyone' | 'nobody';
  /** When it sends KILL, counted from the stop signal; undefined: never. */
  killsAfterMs: number | undefined;
  /** How the file says it, where nobody knows how long that is. */
  patience?: string;
  /**
   * Whether whatever is left behind is killed too: by the cgroup, or with the PID namespace of a container.
   */
  killsRest: boolean;
  /** How many forks it follows before it calls a process the main one: Upstart's expect. */
  forksFollowed: number;
  /** It waits until everything that it started has left, and holds what remains: Type=forking, a pid file. */
  awaitsDaemon: boolean;
  /** The service tells it which process is the main one: Type=notify. */
  toldMain: boolean;
  /**
   * The end of the process that it started is no stop: what runs in the background goes on
   * (RemainAfterExit).
   */
  outlivesMain: boolean;
  /** The chain starts at process 1 of a PID namespace: what does not handle a signal there never gets it. */
  asInit: boolean;
  /** What it runs before the stop signal: ExecStop. */
  before: StopCommand | undefined;
}

/** What the stop commands do, all together and in their order. */
export interface StopCommand {
  /** ExecStop, pre-stop, or what else it is called where it stands. */
  name: string;
  /** Whom they tell: the service itself, the main process, or nobody. */
  tells: 'service' | 'main' | 'nobody';
  /** Ms from the first word to the service until they send KILL; undefined: they do not. */
  killsAfterMs: number | undefined;
  /** Whether they return only when the service has ended. */
  waits: 'yes' | 'no' | 'unknown';
  /** Ms after which they return even so; undefined: the supervisor's own patience ends them. */
  boundMs: number | undefined;
  /** The line that does it. */
  line: string;
}

/** Sends TERM to its main process and waits for ever: a source that says otherwise overrides it. */
export function plainSupervisor(kind: Supervisor['kind'], name: string): Supervisor {
  return {
    kind,
    name,
    stopSignal: 'TERM',
    tells: 'main',
    killsAfterMs: undefined,
    killsRest: false,
    forksFollowed: 0,
    awaitsDaemon: false,
    toldMain: false,
    outlivesMain: false,
    asInit: false,
    before: undefined,
  };
}

/** Everything the verdict needs, from whatever file or process it was read. */
export interface Situation {
  /** What was examined: "kafka.conf", "process 1234". */
  subject: string;
  supervisor: Supervisor;
  /** One, or one for each kind of shell, and for each path through a script. */
  chains: ConditionalChain[];
  remarks: Remark[];
  /** What the verdict rests on, beside what every verdict of a file takes for granted. */
  rests: Rest[];
  /**
   * The same file with another command, or with more patience, read again: a mend is tried before it is
   * shown.
   */
  mended?: (change: Change) => Situation;
  /** Docker's 10 s stand in no line of the file, and so in every service of it. */
  byDefault?: boolean;
}

export interface Change {
  command?: readonly string[];
  patienceSeconds?: number;
  /** The stop command, in place of all others; null: none. */
  stop?: string | null;
  killMode?: string;
}

/** read in a file; assumed, since no file says it; measured on a living process. */
export interface Rest {
  basis: 'read' | 'assumed' | 'measured';
  text: string;
}

export interface ConditionalChain {
  /** "where sh is dash (Debian, Ubuntu)"; undefined when it always holds. */
  condition: string | undefined;
  chain: Chain;
}

/**
 * Beside the chain itself: plainly wrong, unknown, only looks like a cure (symptom), or worth knowing (note).
 */
export interface Remark {
  kind: 'wrong' | 'unknown' | 'symptom' | 'note';
  text: string;
  mend?: string;
  /** What would settle it, when it is unknown. */
  settle?: string;
}
