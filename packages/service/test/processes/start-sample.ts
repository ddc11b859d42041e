import { type CommandResult, type LogLine, runToEnd, ServiceProcess } from '@penstock/test-process';
import { onTestFinished } from 'vitest';

export interface Sample {
  readonly lines: LogLine[];
  operations: string;
  signal(name: NodeJS.Signals): void;
  heard(message: string): Promise<LogLine>;
  exited: Promise<number | null>;
}

/**
 * Starts a sample service and waits until it has said `waitFor` or ended. It is killed when the test ends.
 */
export async function startSample(
  file: string,
  env: Record<string, string>,
  waitFor = 'started',
): Promise<Sample> {
  const sample = new ServiceProcess({
    name: file,
    command: [process.execPath, new URL(`./${file}.ts`, import.meta.url).pathname],
    env,
  });
  onTestFinished(async () => void (await sample.kill()));
  await Promise.race([sample.said(waitFor).catch(() => undefined), sample.exited]);
  return {
    get lines() {
      return sample.lines;
    },
    heard: (message) => sample.said(message),
    exited: sample.exited.then(({ code }) => code),
    operations: String(sample.operations),
    signal: (name) => sample.signal(name),
  };
}

/** Runs one command of the sample service to its end. */
export function runSample(args: readonly string[], env: Record<string, string> = {}): Promise<CommandResult> {
  const main = new URL('./one-service.ts', import.meta.url).pathname;
  return runToEnd([process.execPath, main, ...args], { env });
}
