import { spawnSync } from 'node:child_process';
import { programOf, type LiveProcess } from './live-process.ts';
import type { Remark, Supervisor } from '../verdict/situation.ts';
import { signalName } from '../signal-name.ts';
import { plainSupervisor } from '../verdict/situation.ts';
import { playExecStop, systemdSupervisor, unreadStops } from '../supervisor/systemd/systemd-unit.ts';
import { UnitSettings, type Assignment } from '../supervisor/systemd/unit-file.ts';
import { lookAtScript } from '../command/look.ts';
import { unwrap } from '../command/unwrap.ts';

export interface FoundSupervisor {
  supervisor: Supervisor;
  /** How many processes of the ancestry are below it: the service, and what stands between. */
  depth: number;
  remarks: Remark[];
}

/**
 * Supervisors that hold their child by its PID and signal it alone; how long they wait before KILL by
 * default.
 */
const byName: Readonly<Record<string, { killsAfterMs: number | undefined; note: string }>> = {
  supervisord: {
    killsAfterMs: 10_000,
    note: "stopwaitsecs is taken at its default of 10 s; see the program's section",
  },
  runsv: {
    killsAfterMs: undefined,
    note: 'runit never sends KILL by itself; "sv force-stop" does, after 7 s',
  },
  's6-supervise': { killsAfterMs: undefined, note: 's6 sends KILL only with timeout-kill' },
  supervise: { killsAfterMs: undefined, note: 'daemontools never sends KILL by itself' },
};

/** Who of the ancestry (the service first, process 1 last) supervises it. */
export function findSupervisor(ancestry: readonly LiveProcess[]): FoundSupervisor {
  const container = ancestry.findIndex((process) => /^containerd-shim|^conmon$/.test(programOf(process)));
  if (container > 0) return docker(ancestry, container);
  const known = ancestry.findIndex(
    (process, place) => place > 0 && Object.hasOwn(byName, programOf(process)),
  );
  if (known > 0) return other(ancestry[known]!, known);
  const top = ancestry.length - 1;
  const init = ancestry[top]!;
  const name = programOf(init);
  if (init.pid === 1 && name === 'systemd') return systemd(ancestry, top);
  if (init.pid === 1 && isUpstart()) return upstart(top);
  if (init.pid === 1 && /[:/](docker|libpod|kubepods|containerd)/.test(init.cgroup))
    return insideContainer(init, top);
  return stranger(ancestry);
}

function docker(ancestry: readonly LiveProcess[], depth: number): FoundSupervisor {
  const id = /([0-9a-f]{64})/.exec(ancestry[0]!.cgroup)?.[1];
  const inspected =
    id === undefined
      ? undefined
      : ask('docker', [
          'inspect',
          '--format',
          '{{.Name}} {{.Config.StopTimeout}} {{.Config.StopSignal}}',
          id,
        ]);
  const [name = '/container', timeout = '', signal = ''] = (inspected ?? '').trim().split(' ');
  const seconds = Number.parseInt(timeout, 10);
  const remarks: Remark[] = [];
  if (inspected === undefined)
    remarks.push({ kind: 'note', text: '"docker inspect" does not answer: the default of 10 s is assumed' });
  const supervisor: Supervisor = {
    ...plainSupervisor('docker', `Docker's ${name.slice(1)}`),
    stopSignal: /^\w+$/.test(signal) ? signalName(signal) : 'TERM',
    killsAfterMs: Number.isNaN(seconds) ? 10_000 : seconds * 1_000,
    killsRest: true,
    asInit: ancestry[depth - 1]!.innerPid === 1,
  };
  return { supervisor, depth, remarks };
}

/** Asked from within: the engine is out of sight, and process 1 is where its stop signal arrives. */
function insideContainer(init: LiveProcess, top: number): FoundSupervisor {
  const supervisor: Supervisor = {
    ...plainSupervisor('docker', 'the container engine'),
    killsAfterMs: 10_000,
    killsRest: true,
    asInit: true,
  };
  const text =
    "asked inside a container: Docker's default of 10 s is assumed, and that process " +
    `${init.pid} gets the signal`;
  return { supervisor, depth: top + 1, remarks: [{ kind: 'note', text }] };
}

function systemd(ancestry: readonly LiveProcess[], top: number): FoundSupervisor {
  const unit = /([^/]+\.(?:service|scope))$/m.exec(ancestry[0]!.cgroup)?.[1] ?? 'unknown.service';
  const keys = [
    'KillMode',
    'KillSignal',
    'SendSIGKILL',
    'FinalKillSignal',
    'TimeoutStopUSec',
    'MainPID',
    'ExecStop',
  ];
  const shown = ask('systemctl', ['show', unit, `--property=${keys.join(',')}`]) ?? '';
  const assignments = shown.split('\n').map(readShown);
  const mainPid = assignments.find(({ name }) => name === 'MainPID')?.value ?? '0';
  const stops = assignments.filter(({ name }) => name === 'ExecStop').map(({ value }) => value);
  const main = ancestry.findIndex(({ pid }) => String(pid) === mainPid);
  const remarks: Remark[] = [];
  if (shown === '')
    remarks.push({
      kind: 'note',
      text: `"systemctl show ${unit}" does not answer: systemd's defaults are assumed`,
    });
  if (unit.endsWith('.scope')) {
    const text = `it runs in ${unit}, a session and no service: no unit's stop reaches it`;
    remarks.push({
      kind: 'wrong',
      text,
      mend: 'User= in the unit, or penstock-run: neither opens a session',
    });
  }
  if (main < 0 && mainPid !== '0') {
    const text =
      `the main process of ${unit} is ${mainPid}, and this one is no child of it: ` +
      'left behind, or of another start';
    remarks.push({ kind: 'wrong', text });
  }
  // MainPID is the process that is supervised: whatever forked at the start has done so.
  const played = playExecStop(stops, [], lookAtScript);
  remarks.push(...unreadStops(played));
  const supervisor = systemdSupervisor(unit, new UnitSettings(assignments), played);
  return { supervisor, depth: main >= 0 ? main + 1 : top, remarks };
}

/**
 * A line of `systemctl show`; of an ExecStop only its words: `{ path=... ; argv[]=/bin/kill $MAINPID ; ...
 * }`.
 */
function readShown(line: string): Assignment {
  const at = line.indexOf('=');
  const name = line.slice(0, at).replace(/^TimeoutStopUSec$/, 'TimeoutStopSec');
  const value = line.slice(at + 1);
  return { section: 'Service', name, value: /argv\[\]=(.*?) ; /.exec(value)?.[1] ?? value };
}

function upstart(top: number): FoundSupervisor {
  const text =
    'Upstart does not tell a job\'s "kill timeout": its default of 5 s is assumed; ask with --upstart FILE';
  const supervisor: Supervisor = {
    ...plainSupervisor('upstart', 'Upstart'),
    tells: 'group',
    killsAfterMs: 5_000,
  };
  return { supervisor, depth: top, remarks: [{ kind: 'note', text }] };
}

function other(process: LiveProcess, depth: number): FoundSupervisor {
  const name = programOf(process);
  const { killsAfterMs, note } = byName[name]!;
  const supervisor: Supervisor = { ...plainSupervisor('other', `${name} [${process.pid}]`), killsAfterMs };
  return { supervisor, depth, remarks: [{ kind: 'note', text: note }] };
}

/** No supervisor that is known: the parent of what only starts others is taken for it. */
function stranger(ancestry: readonly LiveProcess[]): FoundSupervisor {
  const place = ancestry.findIndex((process, at) => at > 0 && !onlyStarts(process));
  const depth = place < 0 ? ancestry.length : place;
  // On no machine is process 1 a service or a starter, so this is a container. (With a cgroup namespace of
  // its own it sees only "0::/".)
  const top = ancestry.at(-1)!;
  if (place < 0 && top.pid === 1) return insideContainer(top, ancestry.length - 1);
  const leader = ancestry[depth];
  const supervisor = plainSupervisor(
    'other',
    leader ? `${programOf(leader)} [${leader.pid}]` : 'somebody out of sight',
  );
  const text =
    `no supervisor that is known: that ${supervisor.name} sends TERM to its child and waits for ever ` +
    'is a guess';
  return { supervisor, depth, remarks: [{ kind: 'note', text }] };
}

function onlyStarts(process: LiveProcess): boolean {
  return unwrap([programOf(process), ...process.command.slice(1)], 'dash').hops.length > 0;
}

function isUpstart(): boolean {
  return ask('/sbin/init', ['--version'])?.includes('upstart') ?? false;
}

/** What a tool of the system prints; undefined when it is not there or fails. */
function ask(tool: string, args: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync(tool, args, {
    encoding: 'utf8',
    timeout: 5_000,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return status === 0 ? stdout : undefined;
}
