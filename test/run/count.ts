/** What the reporter inside vitest tells of one finished test, or of something broken that is no test. */
export type CountMessage =
  | { kind: 'test'; name: string; state: 'passed' }
  | { kind: 'test'; name: string; state: 'skipped' }
  /** With the first line of each of its errors. */
  | { kind: 'test'; name: string; state: 'failed'; why: string }
  | { kind: 'problem'; name: string }
  /** Everything that was to run has run. */
  | { kind: 'complete' };

/** Counts a run to its closing line. Whatever went wrong without being a test counts as one that failed. */
export class TestCount {
  passed = 0;
  failed = 0;
  readonly skipped: string[] = [];
  readonly problems: string[] = [];
  readonly failures: string[] = [];
  #isComplete = false;

  take(message: CountMessage): void {
    if (message.kind === 'complete') this.#isComplete = true;
    else if (message.kind === 'problem') this.problem(message.name);
    else if (message.state === 'passed') this.passed++;
    else if (message.state === 'skipped') this.skipped.push(message.name);
    else if (message.state === 'failed') {
      this.failed++;
      this.failures.push(`${message.name}\n  ${message.why}`);
    }
  }

  problem(name: string): void {
    this.failed++;
    this.problems.push(name);
  }

  /**
   * The run has ended with this exit status. A run that says it failed, that ran nothing, or that was cut
   * short has not passed, and being cut short is told even beside tests that failed.
   */
  close(status: number | string): void {
    if (this.problems.length > 0 || (this.failed > 0 && this.#isComplete)) return;
    if (status !== 0)
      this.problem(`the test run ended early (${typeof status === 'string' ? status : `exit ${status}`})`);
    else if (this.passed === 0) this.problem('nothing was run');
  }

  report({ listSkipped }: { listSkipped: boolean }): string {
    const skipped = listSkipped ? this.skipped : [];
    return [
      '',
      ...skipped.map((name) => `skipped: ${name}`),
      ...this.failures.map((name) => `failed: ${name}`),
      ...this.problems.map((name) => `failed: ${name}`),
      `${this.passed} passed, ${this.failed} failed, ${this.skipped.length} skipped`,
    ].join('\n');
  }
}
