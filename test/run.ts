// What `npm test` runs: vitest's projects (unit, kafka, e2e) in a process group of their own, and the count
// at the end.
import { TestCount } from './run/count.ts';
import { usage } from './run/usage.ts';
import { startVitest } from './run/vitest-process.ts';

const args = process.argv.slice(2);

async function main(): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    console.log(usage);
    return 0;
  }
  const count = new TestCount();
  await using vitest = startVitest(args, (message) => count.take(message));

  let interruptedBy: 'SIGINT' | 'SIGTERM' | undefined;
  const interrupt = (signal: 'SIGINT' | 'SIGTERM'): void => {
    interruptedBy ??= signal;
    void vitest.end();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);

  const { status } = await vitest.ended;
  await vitest.end();
  if (interruptedBy) count.problem(`interrupted by ${interruptedBy}`);
  else count.close(status);
  const namesAreFiltered = args.some((argument) => /^(-t|--testNamePattern)\b/.test(argument));
  console.log(count.report({ listSkipped: !namesAreFiltered }));
  if (interruptedBy) return interruptedBy === 'SIGINT' ? 130 : 143;
  return count.failed === 0 ? 0 : 1;
}

process.exitCode = await main();
