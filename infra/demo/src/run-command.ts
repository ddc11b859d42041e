import { spawn } from 'node:child_process';
import { checkout } from './checkout.ts';

export interface CommandEnd {
  exitCode: number;
  /** Standard output. */
  output: string;
  /** Standard error. */
  complaint: string;
}

/** Runs a command to its end in a session of its own (no terminal), with exactly these variables. */
export function runCommand(
  command: readonly string[],
  env: Record<string, string | undefined>,
): Promise<CommandEnd> {
  const [program = '', ...args] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: checkout,
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    let complaint = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
    child.once('error', reject);
    child.once('close', (code) => resolve({ exitCode: code ?? 1, output, complaint }));
  });
}
