import { type ChildProcess, spawn } from 'node:child_process';

/**
 * Nothing outlives the process that started it, even when that is killed with SIGKILL. A shell in a session
 * of its own reads from a pipe which processes and folders are left; only this process holds the pipe open.
 * When the pipe closes, the shell kills the processes and removes the folders.
 *
 * Lines: "+ PID" to kill, "- PID" when it has ended; "f FOLDER" and "x FOLDER" likewise. Folders are removed
 * more than once, because a dying JVM may still write its log.
 */
const script = `
trap '' INT TERM HUP
without() { case $1 in *" $2 "*) echo "\${1%% $2 *} \${1#* $2 }" ;; *) echo "$1" ;; esac; }
pids=' ' folders=' '
while read -r what one; do
  case $what in
    +) pids="$pids$one " ;;
    -) pids=$(without "$pids" "$one") ;;
    f) folders="$folders$one " ;;
    x) folders=$(without "$folders" "$one") ;;
  esac
done
for pid in $pids; do kill -KILL "$pid" 2>/dev/null; done
for pause in 0 0.1 0.5; do sleep $pause; for folder in $folders; do rm -rf "$folder"; done; done
`;

let shell: ChildProcess | undefined;

function tell(line: string): void {
  if (!shell) {
    shell = spawn('/bin/sh', ['-c', script], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
    shell.on('error', () => undefined);
    shell.stdin?.on('error', () => undefined);
    shell.unref();
    // The pipe is a socket of net; it must not keep a finished test run alive.
    (shell.stdin as unknown as { unref(): void }).unref();
  }
  shell.stdin?.write(`${line}\n`);
}

/** From now on `pid` is killed when this process ends in any way. */
export function killAtExit(pid: number): void {
  tell(`+ ${pid}`);
}

/** `pid` has ended: its number may soon be somebody else's. */
export function forgetProcess(pid: number): void {
  tell(`- ${pid}`);
}

/** From now on `folder` is removed when this process ends in any way. An absolute path without blanks. */
export function removeAtExit(folder: string): void {
  if (!/^\/[^\s*?[\]]+$/.test(folder)) throw new Error(`not a folder to remove: ${folder}`);
  tell(`f ${folder}`);
}

/** `folder` has been removed. */
export function forgetFolder(folder: string): void {
  tell(`x ${folder}`);
}
