import type { StopAction } from './stop-action.ts';

/** What a stop command of another manager does to the processes that it holds. */
interface Row {
  name: RegExp;
  /** Tried on the arguments, joined by blanks. */
  args: RegExp;
  /** When it sends KILL; undefined: not known. */
  killsAfterMs?: number;
  /** Why it is not known. */
  unclear?: string;
  source: string;
}

const rows: readonly Row[] = [
  { name: /^(virsh)$/, args: /\bdestroy\b/, killsAfterMs: 0, source: 'virsh(1): as pulling the power cord' },
  { name: /^(lxc|incus)$/, args: /\bstop\b.*(-f\b|--force\b)/, killsAfterMs: 0, source: 'lxc stop --help' },
  { name: /^lxc-stop$/, args: /(^|\s)(-k|--kill)\b/, killsAfterMs: 0, source: 'lxc-stop(1)' },
  {
    name: /^(qm|pct)$/,
    args: /\bstop\b/,
    killsAfterMs: 0,
    source: 'qm(1): a hard stop; shutdown is the soft one',
  },
  { name: /^machinectl$/, args: /\bterminate\b/, killsAfterMs: 0, source: 'machinectl(1)' },
  { name: /^(runc|crun)$/, args: /\bkill\b.*\b(KILL|9)\b/, killsAfterMs: 0, source: 'runc-kill(8)' },
  {
    name: /^ctr$/,
    args: /\bkill\b.*(-s|--signal)[ =](SIGKILL|KILL|9)\b/,
    killsAfterMs: 0,
    source: 'ctr tasks kill',
  },
  {
    name: /^kubectl$/,
    args: /\bdelete\b.*--grace-period[= ]0\b/,
    killsAfterMs: 0,
    source: 'kubectl delete --help',
  },
  { name: /^sv$/, args: /(^|\s)(kill|k)\b/, killsAfterMs: 0, source: 'sv(8)' },
  {
    name: /^sv$/,
    args: /\bforce-(stop|shutdown)\b/,
    killsAfterMs: 7_000,
    source: 'sv(8): 7 s unless -w says otherwise',
  },
  { name: /^(s6-svc|svc)$/, args: /(^|\s)-[a-z]*k/, killsAfterMs: 0, source: 's6-svc, svc(8)' },
  { name: /^pm2$/, args: /\b(stop|delete|kill|restart)\b/, killsAfterMs: 1_600, source: 'pm2: kill_timeout' },
  { name: /^forever$/, args: /\bstop(all)?\b/, killsAfterMs: 0, source: 'forever: killSignal is SIGKILL' },
  {
    name: /^supervisorctl$/,
    args: /\b(stop|shutdown|restart)\b/,
    unclear: elsewhere('stopwaitsecs'),
    source: 'supervisord',
  },
  { name: /^tmux$/, args: /\bkill-/, unclear: 'sends HUP to what runs in it, and ends', source: 'tmux(1)' },
  {
    name: /^screen$/,
    args: /-X (quit|kill)\b/,
    unclear: 'sends HUP to what runs in it, and ends',
    source: 'screen(1)',
  },
  {
    name: /^(pg_ctl|pg_ctlcluster)$/,
    args: /\bimmediate\b/,
    unclear: 'ends the server without a shutdown',
    source: 'pg_ctl(1)',
  },
  {
    name: /^(monit|crictl|nomad|vagrant|loginctl|initctl)$/,
    args: /./,
    unclear: elsewhere('rules of its own'),
    source: 'their manual pages',
  },
];

function elsewhere(of: string): string {
  return `stops it by ${of}, which stand elsewhere`;
}

/** Undefined when it is none of these. */
export function managerAction(name: string, args: readonly string[]): StopAction | undefined {
  const line = args.join(' ');
  const row = rows.find((each) => each.name.test(name) && each.args.test(line));
  if (row === undefined) return undefined;
  const { killsAfterMs, unclear } = row;
  if (killsAfterMs === undefined) return { does: 'unclear', because: `${name} ${unclear}` };
  return killsAfterMs === 0 ? { does: 'kills' } : { does: 'tells and kills', afterMs: killsAfterMs };
}
