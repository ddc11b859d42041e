/** The demo cannot go on, for a reason that a person can read and mend; no stack is shown. */
export class DemoError extends Error {
  override readonly name = 'DemoError';
}
