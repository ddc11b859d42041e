import { isRunning, readPidFile, type ProcessName } from '../pid-file.ts';
import { ignoresTerm, readProcessStat } from '../process-status.ts';
import { Refusal, reasonOf } from '../refusal.ts';
import { print, say } from '../say.ts';
import { parseStopCommandLine, type StopRequest } from './command-line.ts';
import { stopHelp } from './help.ts';
import { isReady } from './ready.ts';
import { waitUntil } from './wait-until.ts';

/** See stopHelp; 125 is Refusal's. */
export const stopCodes = { ended: 0, stillRuns: 1, killed: 2, nothingToStop: 3, notReady: 4 } as const;
type StopCode = (typeof stopCodes)[keyof typeof stopCodes] | 125;

const progressEveryMs = 10_000;

/** Tells the process of a pid file to stop, and waits until it has. It never kills unless told to. */
export async function stop(args: readonly string[]): Promise<StopCode> {
  const line = parseStopCommandLine(args);
  if (line.kind === 'wrong') {
    say(line.problems.join('\n'));
    return 125;
  }
  if (line.kind === 'help') {
    print(stopHelp);
    return 0;
  }
  const { request } = line;
  const target = findTarget(request.pidFile);
  if (!target) return stopCodes.nothingToStop;
  if (request.ready && !(await isReady(request.ready)))
    say(`warning: ${request.ready.href} is not ready now either: is it the right URL?`);
  const end = await stopProcess(target, request);
  if (end !== stopCodes.ended || !request.ready) return end;
  return waitForSuccessor(request.ready, request);
}

/** Throws Refusal when the PID belongs to another process by now; undefined when there is nothing to stop. */
function findTarget(path: string): ProcessName | undefined {
  const content = readPidFile(path);
  if (!content || content.kind === 'nothing') {
    say(
      content
        ? `${path} is empty: its start was cut short, nothing to stop`
        : `${path} is not there: nothing to stop`,
    );
    return undefined;
  }
  const { process: target } = content;
  const stat = readProcessStat(target.pid);
  if (stat && stat.startTicks !== target.startTicks)
    throw new Refusal(
      `process ${target.pid} is not the one of ${path}: it is ${stat.name}, started at another time. ` +
        'Nothing was sent',
    );
  if (isRunning(target)) return target;
  say(`process ${target.pid} of ${path} has ended already`);
  return undefined;
}

async function stopProcess(target: ProcessName, request: StopRequest): Promise<StopCode> {
  const { pid } = target;
  const { timeoutSeconds, killAfterSeconds } = request;
  const stat = readProcessStat(pid);
  const name = `process ${pid} (${stat?.name})`;
  if (ignoresTerm(pid)) say(`warning: ${name} ignores TERM`);
  if (stat?.state === 'T') say(`warning: ${name} is stopped (SIGSTOP): TERM acts when it continues`);
  const since = performance.now();
  const after = () => `after ${((performance.now() - since) / 1000).toFixed(1)} s`;
  send(target, 'SIGTERM');
  say(`${name} has TERM; waiting for its end, ${timeoutSeconds} s at most`);

  const ended = () => !isRunning(target);
  const progress = () => say(`${name} is still stopping ${after()} of ${timeoutSeconds} s`);
  const patience = killAfterSeconds ?? timeoutSeconds;
  let killed = false;
  let gone = await waitUntil(ended, { withinMs: patience * 1000, everyMs: progressEveryMs, progress });
  if (!gone && killAfterSeconds !== undefined) {
    say(`${name} has not ended ${after()}: KILL, as --kill-after says`);
    killed = send(target, 'SIGKILL');
    const left = timeoutSeconds - killAfterSeconds;
    gone = await waitUntil(ended, { withinMs: left * 1000, everyMs: progressEveryMs, progress });
  }
  if (!gone) {
    say(
      `${name} still runs ${after()}; ` +
        `it has had ${killed ? 'TERM and KILL' : 'TERM, and nothing has killed it'}`,
    );
    return stopCodes.stillRuns;
  }
  say(`${name} has ended ${killed ? 'by KILL ' : ''}${after()}`);
  return killed ? stopCodes.killed : stopCodes.ended;
}

/** False when the process has just ended by itself, which is why this looks once more before it sends. */
function send(target: ProcessName, signal: 'SIGTERM' | 'SIGKILL'): boolean {
  if (!isRunning(target)) return false;
  try {
    return process.kill(target.pid, signal);
  } catch (error) {
    if (reasonOf(error) === 'ESRCH') return false;
    throw new Refusal(`${signal} cannot be sent to process ${target.pid}: ${reasonOf(error)}`, 125, error);
  }
}

/** The supervisor starts the service again, not we: that shows at its URL. */
async function waitForSuccessor(url: URL, { timeoutSeconds, pidFile }: StopRequest): Promise<StopCode> {
  const since = performance.now();
  const seconds = () => ((performance.now() - since) / 1000).toFixed(1);
  const progress = () => say(`${url.href} is not ready after ${seconds()} of ${timeoutSeconds} s`);
  const wait = { withinMs: timeoutSeconds * 1000, everyMs: progressEveryMs, progress };
  if (!(await waitUntil(() => isReady(url), wait))) {
    say(`${url.href} has not become ready within ${timeoutSeconds} s`);
    return stopCodes.notReady;
  }
  const content = readPidFile(pidFile);
  const successor =
    content?.kind === 'process' && isRunning(content.process) ? content.process.pid : undefined;
  say(`${url.href} is ready after ${seconds()} s${successor === undefined ? '' : `: process ${successor}`}`);
  return stopCodes.ended;
}
