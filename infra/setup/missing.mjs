/** Something that this machine lacks: what it is, and what a person can do about it, a line each. */
export class MissingError extends Error {
  name = 'MissingError';

  constructor(what, remedies) {
    super(what);
    this.remedies = remedies;
  }

  report() {
    return [`\nset-up: ${this.message}`, ...this.remedies.map((line) => `        ${line}`), ''].join('\n');
  }
}
