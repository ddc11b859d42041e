import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const checkout = join(import.meta.dirname, '../../../../..');
/** Debian's packages, unpacked by set-up. */
const unpacked = join(checkout, '.cache/starters/root');
const user = 'nobody';
const group = 'nogroup';

/** A way to start a service as another user. */
export interface Starter {
  name: string;
  /** Without the command, which is given as further arguments. */
  command: readonly string[];
  /** Why it cannot be measured here. */
  skipped?: string;
}

/** Ours first, then those that exec, then those that stay. */
export function starters(): Starter[] {
  const runner = join(checkout, 'packages/runner/dist/penstock-run.cjs');
  return [
    // --tty: whoever asks for the table may sit at a terminal, and would measure a refusal.
    {
      name: 'penstock-run',
      command: [process.execPath, runner, '--tty', '--user', `${user}:${group}`, '--'],
    },
    tool('setpriv', ['--reuid', user, '--regid', group, '--clear-groups', '--']),
    tool('gosu', [`${user}:${group}`]),
    tool('chpst', ['-u', `${user}:${group}`]),
    tool('setuidgid', [user]),
    s6(),
    tool('chroot', [`--userspec=${user}:${group}`, '/']),
    startStopDaemon(),
    tool('sudo', ['-u', user, '--']),
    viaShell('su -c "exec ..."', 'su', ['-s', '/bin/bash', '-c', 'exec "$0" "$@"', '--', user]),
    viaShell('su -c "..."', 'su', ['-s', '/bin/dash', '-c', '"$0" "$@"', '--', user]),
    tool('runuser', ['-u', user, '--']),
    behind('tini -s', 'tini', ['-s', '--']),
    behind('dumb-init', 'dumb-init', ['--']),
  ];
}

function tool(name: string, args: readonly string[]): Starter {
  const path = find(name);
  return path === undefined
    ? { name, command: [], skipped: `${name} is not here` }
    : { name, command: [path, ...args] };
}

function viaShell(name: string, program: string, args: readonly string[]): Starter {
  return { ...tool(program, args), name };
}

/** An init of containers changes nobody's user: it stands before something that does. */
function behind(name: string, program: string, args: readonly string[]): Starter {
  const setpriv = tool('setpriv', ['--reuid', user, '--regid', group, '--clear-groups', '--']);
  const init = tool(program, args);
  return { ...init, name: `${name}, then setpriv`, command: [...init.command, ...setpriv.command] };
}

/**
 * What s6-setuidgid ends in; that one wants to be installed. The libraries are unpacked where the loader
 * does not look.
 */
function s6(): Starter {
  const found = tool('s6-applyuidgid', ['-u', '65534', '-g', '65534', '-G', '']);
  const libraries = join(unpacked, 'usr/lib', `${process.arch === 'x64' ? 'x86_64' : 'aarch64'}-linux-gnu`);
  return { ...found, command: ['/usr/bin/env', `LD_LIBRARY_PATH=${libraries}`, ...found.command] };
}

/** It takes the program by --exec, and what follows -- as its arguments. */
function startStopDaemon(): Starter {
  const name = 'start-stop-daemon';
  const script = `exec "$0" --start --quiet --chuid ${user}:${group} --exec "$1" -- "\${@:2}"`;
  const found = tool(name, []);
  return { ...found, command: ['/bin/bash', '-c', script, ...found.command] };
}

function find(name: string): string | undefined {
  const folders = ['usr/bin', 'usr/sbin', 'bin', 'sbin', 'command'];
  const system = (process.env['PATH'] ?? '').split(delimiter).concat('/usr/sbin', '/sbin');
  return [...system, ...folders.map((folder) => join(unpacked, folder))]
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));
}
