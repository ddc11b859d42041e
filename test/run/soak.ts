// What `npm run soak` runs: the long forms of the contract tests, or the short ones many times.
import { TestCount } from './count.ts';
import { type SoakOptions, type SoakStep, soakOptions, soakSteps, soakUsage } from './soak-plan.ts';
import { type VitestProcess, startVitest } from './vitest-process.ts';

let running: VitestProcess | undefined;
let interruptedBy: 'SIGINT' | 'SIGTERM' | undefined;

async function main(): Promise<number> {
  const options = soakOptions(process.argv.slice(2), Date.now());
  if (options.help) {
    console.log(soakUsage);
    return 0;
  }
  const startMs = Date.now();
  let passed = 0;
  const over = (turn: number): boolean =>
    options.minutes > 0 ? Date.now() - startMs >= options.minutes * 60_000 : turn >= (options.runs ?? 1);
  for (let turn = 0; turn === 0 || !over(turn); turn++) {
    const steps = soakSteps(options, options.seed + turn);
    if (steps.length === 0) throw new Error(`no long form is called ${options.only.join(' or ')}`);
    for (const step of steps) {
      console.log(`\nsoak ${options.what}: ${step.name}, seed ${options.seed + turn} (run ${turn + 1})`);
      if (await hasPassed(step)) passed++;
      else return failed(options, step, passed);
    }
  }
  const seeds = `seeds from ${options.seed}`;
  console.log(
    `\nsoak ${options.what}: ${passed} of ${passed} passed, ${seeds}, ${minutesSince(startMs)} minutes`,
  );
  return 0;
}

async function hasPassed(step: SoakStep): Promise<boolean> {
  const count = new TestCount();
  const args = ['--project', step.project, ...step.files];
  await using vitest = startVitest(args, (message) => count.take(message), step.environment);
  running = vitest;
  const { status } = await vitest.ended;
  count.close(status);
  console.log(count.report({ listSkipped: true }));
  return count.failed === 0 && !interruptedBy;
}

function failed({ what }: SoakOptions, step: SoakStep, passed: number): number {
  if (interruptedBy) {
    console.log(`\nsoak ${what}: interrupted by ${interruptedBy} after ${passed} passed`);
    return interruptedBy === 'SIGINT' ? 130 : 143;
  }
  console.log(`\nsoak ${what}: failed after ${passed} passed. Again: ${step.again}`);
  return 1;
}

function minutesSince(startMs: number): string {
  return ((Date.now() - startMs) / 60_000).toFixed(1);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    interruptedBy ??= signal;
    void running?.end();
  });
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`${error instanceof Error ? error.message : String(error)}\n\n${soakUsage}`);
  process.exitCode = 2;
}
