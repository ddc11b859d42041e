import { findMend } from './mend.ts';
import type { ConditionalChain, Remark, Rest, Situation } from './situation.ts';
import { playStop, seconds, serviceName, type Fate } from './stopping.ts';

export interface Finding {
  verdict: Fate | Remark['kind'];
  /** Under which condition it holds; undefined: always. */
  condition: string | undefined;
  text: string;
  mend: string | undefined;
  /** What would settle it, when it is unknown. */
  settle: string | undefined;
}

/** The answer of --json; a contract, fields are only added. */
export interface Diagnosis {
  subject: string;
  supervisor: string;
  /** Names of what stands between supervisor and service, outermost first; what only execs is in brackets. */
  between: string[];
  service: string[];
  findings: Finding[];
  /** What the findings rest on: read in the file, assumed, or measured on the living process. */
  rests: Rest[];
  /** Somebody kills it early, leaves it behind or never tells it; or something is plainly wrong. */
  ill: boolean;
  /** Something could not be read, and nothing is known to be ill. */
  unknown: boolean;
  /** It is ill only because Docker's 10 s are less than it needs, and no line of the file says so. */
  byDefault: boolean;
}

const bad: ReadonlySet<Finding['verdict']> = new Set(['killed early', 'orphaned', 'never told', 'wrong']);

/** Pure but for `look`s that a mend needs: what was read goes in, what it means comes out. */
export function diagnose(situation: Situation, needsMs: number): Diagnosis {
  const { supervisor, chains, remarks } = situation;
  const chain = chains[0]?.chain ?? { hops: [], service: [] };
  const spoilt = remarks.some(({ kind }) => kind === 'wrong' || kind === 'unknown');
  const played = chains.map((each) => ({ ...each, stopping: playStop(supervisor, each.chain, needsMs) }));
  const findings = distinct(
    played.map(({ condition, chain: each, stopping }): Finding => {
      return {
        // Not clean beside something that is wrong or unknown.
        verdict: spoilt && stopping.fate === 'clean' ? 'note' : stopping.fate,
        condition,
        text: stopping.because,
        mend: findMend(situation, each, stopping, needsMs),
        settle: stopping.settle,
      };
    }),
  );
  for (const { kind, text, mend, settle } of remarks)
    findings.push({ verdict: kind, condition: undefined, text, mend, settle });
  const ill = findings.some(({ verdict }) => bad.has(verdict));
  const illOnes = findings.filter(({ verdict }) => bad.has(verdict));
  return {
    subject: situation.subject,
    supervisor: describe(situation),
    between: chain.hops.map(({ name, onTerm }) => (onTerm === 'replaces' ? `(${name})` : name)),
    service: chain.service,
    findings,
    rests: restsOf(situation, played),
    ill,
    unknown: !ill && findings.some(({ verdict }) => verdict === 'unknown'),
    byDefault:
      situation.byDefault === true &&
      illOnes.length > 0 &&
      played.every(({ stopping }) => !bad.has(stopping.fate) || isTheDefault(stopping)) &&
      !remarks.some(({ kind }) => kind === 'wrong'),
  };
}

function isTheDefault({ fate, killedAfterMs }: { fate: Fate; killedAfterMs: number | undefined }): boolean {
  return fate === 'killed early' && killedAfterMs === 10_000;
}

/** Paths through a script that come to the same are one finding. */
function distinct(findings: readonly Finding[]): Finding[] {
  const kept: Finding[] = [];
  for (const finding of findings) {
    const same = kept.find(({ verdict, text }) => verdict === finding.verdict && text === finding.text);
    if (!same) kept.push({ ...finding });
    else if (same.condition !== finding.condition) same.condition = undefined;
  }
  return kept;
}

function restsOf(
  situation: Situation,
  played: readonly (ConditionalChain & { stopping: { fate: Fate } })[],
): Rest[] {
  const { supervisor } = situation;
  const rests = [...situation.rests];
  const assume = (text: string) => {
    if (!rests.some((rest) => rest.text === text)) rests.push({ basis: 'assumed', text });
  };
  const measured = rests.some(({ basis }) => basis === 'measured');
  if (!measured) rests.unshift({ basis: 'read', text: situation.subject });
  for (const { chain, stopping } of played) {
    for (const text of chain.assumed ?? []) assume(text);
    if (measured || stopping.fate !== 'clean' || chain.ownTerm !== undefined) continue;
    assume(`${serviceName(chain)} is the service itself, and ends in peace when it is told`);
  }
  const leaves = played.some(({ chain, stopping }) =>
    chain.hops.some(({ onTerm }) => stopping.fate === 'clean' && onTerm === 'dies-alone'),
  );
  if (supervisor.kind === 'systemd' && supervisor.tells === 'everyone' && leaves)
    assume(
      'systemd waits for every process of the cgroup; with cgroup v1 in a container it does not ' +
        '(systemd#8122)',
    );
  if (supervisor.awaitsDaemon && played.length > 0)
    assume('whatever was started first leaves once the service is up, and the service is held then');
  if (supervisor.before?.tells === 'service')
    assume(`${supervisor.before.name} tells the service: ${supervisor.before.line}`);
  return rests;
}

function describe({ supervisor }: Situation): string {
  const { name, stopSignal, tells, killsAfterMs, patience } = supervisor;
  const whom = {
    main: 'its main process',
    group: "its main process's group",
    everyone: 'every process in its cgroup',
    nobody: 'nobody',
  }[tells];
  const kill = killsAfterMs === undefined ? 'never KILL' : `KILL after ${seconds(killsAfterMs)}`;
  const end = patience === undefined ? kill : `KILL after ${patience}`;
  return `${name} sends ${stopSignal} to ${whom}, and ${end}`;
}
