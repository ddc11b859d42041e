import { serviceName, playStop, seconds, type Fate, type Stopping } from './stopping.ts';
import type { Chain } from './hop.ts';
import type { Remark, Situation } from './situation.ts';

export interface Finding {
  verdict: Fate | Remark['kind'];
  /** Under which condition it holds; undefined: always. */
  condition: string | undefined;
  text: string;
  mend: string | undefined;
}

/** The answer of --json; a contract, fields are only added. */
export interface Diagnosis {
  subject: string;
  supervisor: string;
  /** Names of what stands between supervisor and service, outermost first; what only execs is in brackets. */
  between: string[];
  service: string[];
  findings: Finding[];
  /** Somebody kills it early, leaves it behind or never tells it; or something is plainly wrong. */
  ill: boolean;
}

const bad = new Set<Finding['verdict']>(['killed early', 'orphaned', 'never told', 'wrong']);

/** Pure: what was read goes in, what it means comes out. */
export function diagnose(situation: Situation, needsMs: number): Diagnosis {
  const { supervisor, chains, remarks } = situation;
  const chain = chains[0]?.chain ?? { hops: [], service: [] };
  const wrong = remarks.some(({ kind }) => kind === 'wrong');
  const findings = chains.map(({ condition, chain: each }): Finding => {
    const stopping = playStop(supervisor, each, needsMs);
    return {
      // Not clean beside something that is plainly wrong.
      verdict: wrong && stopping.fate === 'clean' ? 'note' : stopping.fate,
      condition,
      text: stopping.because,
      mend: mendOf(situation, each, stopping, needsMs),
    };
  });
  for (const { kind, text, mend } of remarks)
    findings.push({ verdict: kind, condition: undefined, text, mend });
  return {
    subject: situation.subject,
    supervisor: describe(situation),
    between: chain.hops.map(({ name, onTerm }) => (onTerm === 'replaces' ? `(${name})` : name)),
    service: chain.service,
    findings,
    ill: findings.some(({ verdict }) => bad.has(verdict)),
  };
}

function describe({ supervisor }: Situation): string {
  const { name, stopSignal, tells, killsAfterMs } = supervisor;
  const whom = {
    main: 'its main process',
    group: "its main process's group",
    everyone: 'every process in its cgroup',
    nobody: 'nobody',
  }[tells];
  const kill = killsAfterMs === undefined ? 'never KILL' : `KILL after ${seconds(killsAfterMs)}`;
  return `${name} sends ${stopSignal} to ${whom}, and ${kill}`;
}

function mendOf(situation: Situation, chain: Chain, stopping: Stopping, needsMs: number): string | undefined {
  const { supervisor } = situation;
  if (stopping.fate === 'clean' || stopping.fate === 'unknown') return undefined;
  if (supervisor.stopSignal === 'KILL') return 'let the stop signal be TERM';
  const hasty = (supervisor.killsAfterMs ?? Infinity) < needsMs;
  const patience = hasty ? longer[supervisor.kind](Math.ceil(needsMs / 1_000)) : undefined;
  const parents = chain.hops.some(({ onTerm }) => onTerm === 'passes-then-kills' || onTerm === 'detaches');
  if (patience !== undefined && stopping.fate === 'killed early' && !parents) return patience;
  if (supervisor.tells === 'nobody') return 'KillMode=mixed';
  const user = chain.hops.findLast((hop) => hop.user !== undefined)?.user;
  const line = `penstock-run --user ${user ?? 'USER'} -- ${chain.service.join(' ') || serviceName(chain)}`;
  const exec = { systemd: 'ExecStart=', upstart: 'exec ', docker: 'entrypoint: ', other: '' }[
    supervisor.kind
  ];
  return `${exec}${line}${patience === undefined ? '' : `, and ${patience}`}`;
}

const longer: Readonly<Record<Situation['supervisor']['kind'], (needsSeconds: number) => string>> = {
  systemd: (needs) => `TimeoutStopSec=${needs}`,
  upstart: (needs) => `kill timeout ${needs}`,
  docker: (needs) => `stop_grace_period: ${needs}s`,
  other: (needs) => `let it wait for ${needs} s`,
};
