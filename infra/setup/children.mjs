import { spawn } from 'node:child_process';

const running = new Set();
let ending = false;

/**
 * Runs a program to its end with its output kept for the report of a failure (the last 64 KiB of it).
 * Resolves with the exit status (127 when there is no such program) and the output; never rejects, and
 * never settles once endChildren was called: a program that we ended has nothing to report.
 */
export function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    running.add(child);
    let output = '';
    const keep = (chunk) => (output = (output + chunk).slice(-65_536));
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', (error) => {
      running.delete(child);
      resolve({ status: error.code === 'ENOENT' ? 127 : 126, output: `${command}: ${error.message}` });
    });
    child.on('close', (code) => {
      running.delete(child);
      if (!ending) resolve({ status: code ?? 1, output });
    });
  });
}

export function endChildren(signal) {
  ending = true;
  for (const child of running) child.kill(signal);
}

/** Says that something long begins, that it still goes on, and how long it took. */
export async function withProgress(what, work) {
  const began = Date.now();
  const seconds = () => Math.round((Date.now() - began) / 1000);
  console.error(`set-up: ${what} ...`);
  const still = setInterval(() => console.error(`set-up: ${what} ... ${seconds()} s`), 10_000).unref();
  try {
    const result = await work();
    console.error(`set-up: ${what}: done in ${seconds()} s`);
    return result;
  } finally {
    clearInterval(still);
  }
}

/** The end of a program's output, indented, for a report. */
export function lastLines(output, count = 12) {
  return output.trim().split('\n').slice(-count);
}
