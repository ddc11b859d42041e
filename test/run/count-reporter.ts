import type {
  Reporter,
  SerializedError,
  TestCase,
  TestModule,
  TestRunEndReason,
  TestSuite,
} from 'vitest/node';
import type { CountMessage } from './count.ts';

const sayRunningAfterMs = 20_000;

/**
 * Runs inside vitest, beside its own reporter: tells the parent process each result, and what is running
 * for long.
 */
class CountReporter implements Reporter {
  readonly #running = new Map<string, { name: string; since: number }>();
  #progress: NodeJS.Timeout | undefined;

  onInit(): void {
    // A parent that was killed can no longer end us.
    process.on('disconnect', () => process.kill(-process.pid, 'SIGTERM'));
    process.channel?.unref(); // listening alone must not keep a finished run alive
    if (!process.stdout.isTTY)
      this.#progress = setInterval(() => this.#sayRunning(), sayRunningAfterMs).unref();
  }

  onTestCaseReady(test: TestCase): void {
    this.#running.set(test.id, { name: nameOf(test), since: performance.now() });
  }

  onTestCaseResult(test: TestCase): void {
    this.#running.delete(test.id);
    const { state, errors } = test.result();
    if (state === 'pending') return;
    const name = nameOf(test);
    tell(
      state === 'failed'
        ? { kind: 'test', name, state, why: errors.map(firstLine).join('; ') }
        : { kind: 'test', name, state },
    );
  }

  onTestSuiteResult(suite: TestSuite): void {
    for (const error of suite.errors())
      tell({ kind: 'problem', name: `${nameOf(suite)}: ${firstLine(error)}` });
  }

  onTestModuleEnd(module: TestModule): void {
    for (const error of module.errors()) {
      tell({
        kind: 'problem',
        name: `${module.project.name} ${module.relativeModuleId}: ${firstLine(error)}`,
      });
    }
  }

  onTestRunEnd(
    _modules: readonly TestModule[],
    errors: readonly SerializedError[],
    _reason: TestRunEndReason,
  ): void {
    clearInterval(this.#progress);
    for (const error of errors) tell({ kind: 'problem', name: `outside of any test: ${firstLine(error)}` });
    tell({ kind: 'complete' });
  }

  #sayRunning(): void {
    const before = performance.now() - sayRunningAfterMs;
    // In the order of their start.
    const [longest, ...others] = [...this.#running.values()].filter(({ since }) => since <= before);
    if (!longest) return;
    const more = others.length > 0 ? `, and ${others.length} more for long` : '';
    console.log(`   ... ${seconds(performance.now() - longest.since)}: ${longest.name}${more}`);
  }
}

// oxlint-disable-next-line import/no-default-export -- vitest takes a reporter from a file's default export
export default CountReporter;

function tell(message: CountMessage): void {
  process.send?.(message);
}

function nameOf(test: TestCase | TestSuite): string {
  return `${test.project.name} ${test.module.relativeModuleId} > ${test.fullName}`;
}

function firstLine(error: SerializedError): string {
  return String(error.message).split('\n')[0] ?? '';
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}
