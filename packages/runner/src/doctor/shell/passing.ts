import { basename } from 'node:path';

/** Programs that a script runs on its way to the service, or behind it. They end by themselves, and soon. */
const soonOver: ReadonlySet<string> = new Set(
  (
    '[ [[ (( : . alias awk basename bc break bzip2 cat cd chgrp chmod chown clear continue cp curl ' +
    'cut date dd declare df dirname echo egrep envsubst eval exit export expr false fgrep find fold ' +
    'getent getopt getopts grep groupadd gzip hash head hostname id install ip jq kill killall let ln ' +
    'local log_action_msg log_begin_msg log_daemon_msg log_end_msg log_failure_msg log_progress_msg ' +
    'log_success_msg log_warning_msg logger ls mapfile mkdir mkfifo mktemp modprobe mount mountpoint ' +
    'mv nc nslookup openssl pgrep pidof pkill popd printenv printf ps pushd pwd read readarray ' +
    'readlink readonly realpath return rm rmdir sed seq set setfacl shift shopt sleep sort source ' +
    'stat stty sync sysctl tail tar tee test times touch tr trap true tty type typeset ulimit umask ' +
    'umount unalias uname uniq unset unzip update-ca-certificates useradd usermod wait wc wget which ' +
    'xargs yes'
  ).split(' '),
);

export function isSoonOver(words: readonly string[]): boolean {
  return words.length === 0 || soonOver.has(basename(words[0]!));
}

/** `sleep infinity`, `tail -f`: commands whose only work is to keep a script from ending. */
export function keepsAlive([program = '', ...args]: readonly string[]): boolean {
  const name = basename(program);
  if (name === 'sleep') return args.some((arg) => /^(inf|infinity|\d{5,}|\d+d)$/.test(arg));
  return name === 'tail' && args.some((arg) => /^-[a-zA-Z0-9]*[fF]/.test(arg) || arg.startsWith('--follow'));
}

/** Seconds of `sleep 90`, `sleep 1.5m`; undefined for anything else. */
export function sleepSeconds([program = '', ...args]: readonly string[]): number | undefined {
  if (basename(program) !== 'sleep' || args.length === 0) return undefined;
  const each = args.map((arg) => /^(\d*\.?\d+)([smhd]?)$/.exec(arg));
  if (each.some((match) => !match)) return undefined;
  const unit: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3_600, d: 86_400 };
  return each.reduce((total, match) => total + Number(match![1]) * unit[match![2]!]!, 0);
}

/** Programs that run what they are given in their own process, and never fork into the background. */
export const isLauncher = (name: string): boolean => /^(java|node|nodejs|deno|bun)$/.test(name);

/** A program that lasts, by its name or where it lies; also within `$(...)`. */
export function looksLikeService(words: readonly string[]): boolean {
  const [program = ''] = words;
  return (
    isLauncher(basename(program)) ||
    /^\/(opt|srv)\//.test(program) ||
    words.some((word) => /(\$\(|`)\s*(\S*\/)?(java|node|nodejs|deno|bun)\s/.test(word))
  );
}
