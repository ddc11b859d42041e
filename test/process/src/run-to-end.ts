import { spawn } from 'node:child_process';
import { killAtExit, forgetProcess } from './clean-up-at-exit.ts';

export interface RunOptions {
  /** What messages call it; default: the command itself. */
  name?: string;
  /** Default: this process's own environment. */
  env?: Readonly<Record<string, string | undefined>>;
  cwd?: string;
  /** After which it is killed and the promise rejects. Default two minutes. */
  timeoutMs?: number;
  /** Its standard input; by default nothing. */
  input?: string | Uint8Array;
  /**
   * Called with each piece of standard output. `enough` ends the process, which then counts as ended by
   * itself.
   */
  onOutput?: (chunk: Buffer, enough: () => void) => void;
}

/** How a command ended. */
export interface CommandResult {
  /** -1 when a signal ended it. */
  exitCode: number;
  stdout: string;
  stderr: string;
}

/**
 * Runs a command to its end, in a session of its own (no terminal). It is killed when this process ends in
 * any way. Rejects only when the command cannot be started or is too slow: its exit code is the caller's to
 * judge.
 */
export function runToEnd(command: readonly string[], o: RunOptions = {}): Promise<CommandResult> {
  const { name = command.join(' '), env = process.env, cwd, timeoutMs = 120_000, input, onOutput } = o;
  const [program = '', ...args] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      env: { ...env },
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
      ...(cwd !== undefined && { cwd }),
    });
    const { pid } = child;
    if (pid !== undefined) killAtExit(pid);
    const output: Buffer[] = [];
    const errors: Buffer[] = [];
    let end: 'by itself' | 'enough' | 'late' = 'by itself';
    const enough = (): void => {
      end = 'enough';
      child.kill('SIGTERM');
    };
    child.stdout.on('data', (chunk: Buffer) => {
      output.push(chunk);
      onOutput?.(chunk, enough);
    });
    child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
    child.stdin.on('error', () => undefined); // it need not read what it is given
    child.stdin.end(input ?? '');
    const timer = setTimeout(() => {
      end = 'late';
      child.kill('SIGKILL');
    }, timeoutMs);
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(timer);
      if (pid !== undefined) forgetProcess(pid);
      const stderr = Buffer.concat(errors).toString();
      if (end === 'late') {
        reject(new Error(`${name} was killed after ${timeoutMs} ms\n${stderr}`));
      } else {
        const exitCode = end === 'enough' ? 0 : (code ?? -1);
        resolve({ exitCode, stdout: Buffer.concat(output).toString(), stderr });
      }
    });
  });
}
