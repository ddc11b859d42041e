import type { Chain } from './hop.ts';

/** Who watches the service and stops it. Times in ms. */
export interface Supervisor {
  kind: 'systemd' | 'upstart' | 'docker' | 'other';
  /** For people: "systemd unit kafka.service". */
  name: string;
  /** TERM, unless it was told otherwise. */
  stopSignal: string;
  /** Whom it signals first: its main process, the process group of that, or everything in the cgroup. Nobody: KillMode=none. */
  tells: 'main' | 'group' | 'everyone' | 'nobody';
  /** When it sends KILL, counted from the stop signal; undefined: never. */
  killsAfterMs: number | undefined;
  /** Whether whatever is left behind is killed too: by the cgroup, or with the PID namespace of a container. */
  killsRest: boolean;
  /** How many forks it follows before it calls a process the main one (Upstart's expect, systemd's forking). */
  forksFollowed: number;
  /** The first process of the chain is process 1 of a PID namespace: what does not handle a signal there never gets it. */
  asInit: boolean;
}

/** Sends TERM to its main process and waits for ever: what a source says differently goes over it. */
export function plainSupervisor(kind: Supervisor['kind'], name: string): Supervisor {
  return {
    kind,
    name,
    stopSignal: 'TERM',
    tells: 'main',
    killsAfterMs: undefined,
    killsRest: false,
    forksFollowed: 0,
    asInit: false,
  };
}

/** Everything the verdict needs, from whatever file or process it was read. */
export interface Situation {
  /** What was examined: "kafka.conf", "process 1234". */
  subject: string;
  supervisor: Supervisor;
  /** One, or one for each kind of shell where the command leaves that open. */
  chains: ConditionalChain[];
  remarks: Remark[];
}

export interface ConditionalChain {
  /** "where sh is dash (Debian, Ubuntu)"; undefined when it always holds. */
  condition: string | undefined;
  chain: Chain;
}

/** What is wrong beside the chain itself (wrong), what only looks like a cure (symptom), or is worth knowing (note). */
export interface Remark {
  kind: 'wrong' | 'symptom' | 'note';
  text: string;
  mend?: string;
}
