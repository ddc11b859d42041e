import { cpus } from 'node:os';
import type { Verdict } from '@penstock/load';
import type { Balance, Judgement } from '../judge/judge.ts';
import { againCommand, type ChaosOptions } from '../options.ts';
import type { ChaosOutcome } from '../run-chaos.ts';
import type { UnbiddenEnd } from '../stage/supervised.ts';
import type { PerformedFault } from '../strike/performer.ts';
import type { Sample } from '../watch/sampler.ts';

export interface SkippedFault {
  name: string;
  why: string;
}

/** What report.json holds. */
export interface ChaosReport {
  kept: boolean;
  problems: string[];
  seed: number;
  minutes: number;
  eventsPerSecond: number;
  /** The command that runs it again. */
  again: string;
  cutShort: boolean;
  /** From the start of the load to its end. */
  seconds: number;
  machine: string;
  sent: {
    acknowledged: number;
    /** Of those, the ones that belong into the master. */
    acknowledgedClean: number;
    refused: number;
    unknown: number;
    requests: number;
    resends: number;
    latencyMs: { p50: number; p99: number; p999: number; max: number };
  };
  /** Undefined when nobody could judge; `problems` says why. */
  judged: { verdict: Verdict; balance: Balance; master: Judgement['master'] } | undefined;
  /** How many the seed has for so many minutes. Those that began are in `faults`. */
  plannedFaults: number;
  faults: readonly PerformedFault[];
  skipped: readonly SkippedFault[];
  unbidden: readonly UnbiddenEnd[];
  samples: readonly Sample[];
}

export function reportOf(
  options: ChaosOptions,
  outcome: ChaosOutcome,
  { plannedFaults, skipped }: Pick<ChaosReport, 'plannedFaults' | 'skipped'>,
): ChaosReport {
  const { sent, judgement, problems, faults, samples, unbidden, cutShort, seconds } = outcome;
  const { seed, minutes, eventsPerSecond } = options;
  const { acknowledged, refused, unknown, requests, resends, latencyMs } = sent.total;
  return {
    ...{ kept: problems.length === 0, problems, seed, minutes, eventsPerSecond },
    ...{ again: againCommand(options), cutShort, seconds, machine: machineName() },
    sent: {
      ...{ acknowledged, acknowledgedClean: sent.ledger.count('acknowledged', 'clean') },
      ...{ refused, unknown, requests, resends, latencyMs },
    },
    judged: judgement && {
      ...{ verdict: judgement.verdict, balance: judgement.balance, master: judgement.master },
    },
    ...{ plannedFaults, faults, skipped, unbidden, samples },
  };
}

function machineName(): string {
  const cores = cpus();
  return `${cores.length} x ${cores[0]?.model ?? 'unknown'}, Node ${process.versions.node}`;
}
