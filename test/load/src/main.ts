import { capacityOptions, runCapacity } from './commands/capacity-command.ts';
import { checkFiles, runSend, sendOptions, watchedProcesses } from './commands/send-command.ts';
import { help, readUsage } from './commands/usage.ts';
import { runVerify } from './commands/verify-command.ts';

process.exitCode = await main();

async function main(): Promise<number> {
  const act = readCommand();
  if (typeof act === 'string') {
    process.stderr.write(`${act}\n\n${help}`);
    return 2;
  }
  try {
    return await act();
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    return 1;
  }
}

/** What to do, or in words what is wrong with the command line. */
function readCommand(): (() => Promise<number>) | string {
  try {
    const { command, values } = readUsage(process.argv.slice(2));
    if (command === 'help') {
      return async () => {
        process.stdout.write(help);
        return 0;
      };
    }
    if (command === 'capacity') {
      const options = capacityOptions(values);
      return () => runCapacity(values, options);
    }
    if (command === 'verify') return () => runVerify(values);
    const options = sendOptions(values);
    checkFiles(values);
    watchedProcesses(values);
    return () => runSend(values, options);
  } catch (error) {
    return messageOf(error);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
