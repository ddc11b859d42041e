import { parseCommandLine } from '../../run/request/command-line.ts';
import { isOpen } from '../shell/words.ts';
import type { Chain } from './hop.ts';
import type { Change, Situation } from './situation.ts';
import { playStop, serviceName, type Stopping } from './stopping.ts';

/**
 * A line that helps, or undefined. Each mend is tried before it is shown: the file with the mend in it is
 * read and judged again, and a line of the Runner's is parsed as the Runner parses it. What does not come
 * out clean is not said.
 */
export function findMend(
  situation: Situation,
  chain: Chain,
  stopping: Stopping,
  needsMs: number,
): string | undefined {
  if (stopping.fate === 'clean' || stopping.fate === 'unknown') return undefined;
  const { supervisor } = situation;
  if (supervisor.stopSignal === 'KILL') return 'let the stop signal be TERM';
  const needsSeconds = Math.ceil(needsMs / 1_000);
  if (stopping.killer !== undefined && stopping.killer === supervisor.before?.name)
    return stopMend(situation, needsMs, needsSeconds);
  const hasty = (supervisor.killsAfterMs ?? Infinity) < needsMs;
  const patience = hasty ? needsSeconds : undefined;
  const say = patience === undefined ? undefined : longer[supervisor.kind](patience);
  if (say !== undefined && helps(situation, { patienceSeconds: needsSeconds }, needsMs)) return say;
  if (supervisor.tells === 'nobody')
    return helps(situation, { killMode: 'mixed', stop: null }, needsMs) ? 'KillMode=mixed' : undefined;
  const own = chain.hops.find((hop) => hop.mend !== undefined)?.mend;
  if (own !== undefined) return say === undefined ? own : `${own}, and ${say}`;
  const line = commandFor(chain);
  const words = line && ['exec', ...line];
  const change: Change = {
    ...(line && { command: line }),
    ...(patience !== undefined && { patienceSeconds: patience }),
  };
  if (words && line && helps(situation, change, needsMs)) {
    const text = `${starts[supervisor.kind]}${line.join(' ')}`;
    return say === undefined ? text : `${text}, and ${say}`;
  }
  return adviceFor(situation, chain, needsMs, say);
}

/**
 * The Runner's line, or the command alone when it runs as root anyway. Undefined when it would not do
 * outside a shell.
 */
function commandFor(chain: Chain): string[] | undefined {
  const { service, needsShell } = chain;
  if (service.length === 0 || needsShell) return undefined;
  const user = chain.hops.findLast((hop) => hop.user !== undefined)?.user;
  const asRoot = user === 'root' || user === '0';
  if (asRoot) return [...service];
  const line = ['--user', user !== undefined && isUser(user) ? user : 'USER', '--', ...service];
  return parseCommandLine(line).kind === 'run' ? ['penstock-run', ...line] : undefined;
}

/** The stop command with more patience, where it is one of Docker's; otherwise none at all. */
function stopMend(situation: Situation, needsMs: number, needsSeconds: number): string | undefined {
  const line = situation.supervisor.before?.line ?? '';
  const patient = line.replace(
    /\b(stop|down)\b(\s+(-t|--time|--timeout)[\s=]+\d+)?/,
    `$1 -t ${needsSeconds}`,
  );
  const isDocker = /\b(docker|podman|nerdctl)/.test(line) && patient !== line;
  if (isDocker && helps(situation, { stop: patient }, needsMs)) return `ExecStop=${patient}`;
  if (situation.supervisor.kind !== 'systemd')
    return `let it wait for ${needsSeconds} s before it sends KILL`;
  return helps(situation, { stop: null }, needsMs)
    ? 'remove what kills from ExecStop: systemd sends TERM, waits, and kills when it must'
    : undefined;
}

/** A bare number needs its group, which only the machine knows; and a variable is nobody. */
function isUser(user: string): boolean {
  return /^[A-Za-z_][\w.@-]*\$?$/.test(user);
}

/** What to change within the script; tried as if the shell, and su with it, were replaced. */
function adviceFor(
  { supervisor }: Situation,
  chain: Chain,
  needsMs: number,
  patience: string | undefined,
): string | undefined {
  const { service } = chain;
  const replaced = chain.hops.filter(({ onTerm }) => onTerm === 'passes' || onTerm === 'opaque');
  const patient = patience === undefined ? supervisor : { ...supervisor, killsAfterMs: needsMs };
  if (playStop(patient, { hops: replaced, service }, needsMs).fate !== 'clean') return patience;
  const su = chain.hops.find(({ onTerm }) => onTerm === 'passes-then-kills')?.name;
  const name = service[0] === undefined || isOpen(service[0]) ? undefined : serviceName(chain);
  const parent = chain.hops.some(({ onTerm }) => onTerm !== 'replaces' && onTerm !== 'passes-then-kills');
  const advice = [
    ...(name !== undefined && parent
      ? [`say exec before ${name}, as the last thing that the script does`]
      : []),
    ...(su === undefined ? [] : [`let penstock-run start the script, in place of ${su}`]),
    ...(patience === undefined ? [] : [patience]),
  ];
  return advice.length === 0 ? undefined : advice.join('; and ');
}

/** The situation with the change, judged anew: clean, or only the unknown is left that was there before. */
function helps(situation: Situation, change: Change, needsMs: number): boolean {
  if (!situation.mended) return playedClean(situation, change, needsMs);
  try {
    const mended = situation.mended(change);
    if (mended.remarks.some(({ kind }) => kind === 'wrong')) return false;
    return mended.chains.every(({ chain }) => {
      const { fate } = playStop(mended.supervisor, chain, needsMs);
      const unread = chain.hops.some((hop) => hop.unread);
      return fate === 'clean' || (fate === 'unknown' && (unread || change.command === undefined));
    });
  } catch {
    return false; // it cannot even be read
  }
}

/**
 * A living process has no file to write to: its supervisor with the change, and a chain that was replaced.
 */
function playedClean({ supervisor, chains }: Situation, change: Change, needsMs: number): boolean {
  const patient =
    change.patienceSeconds === undefined ? {} : { killsAfterMs: change.patienceSeconds * 1_000 };
  const all = change.command ? [{ chain: { hops: [], service: [...change.command] } }] : chains;
  return all.every(({ chain }) => playStop({ ...supervisor, ...patient }, chain, needsMs).fate === 'clean');
}

type Kind = Situation['supervisor']['kind'];

const starts: Readonly<Record<Kind, string>> = {
  systemd: 'ExecStart=',
  upstart: 'exec ',
  docker: 'entrypoint: ',
  other: '',
};

const longer: Readonly<Record<Kind, (needsSeconds: number) => string>> = {
  systemd: (needs) => `TimeoutStopSec=${needs}`,
  upstart: (needs) => `kill timeout ${needs}`,
  docker: (needs) => `stop_grace_period: ${needs}s`,
  other: (needs) => `let it wait for ${needs} s`,
};
