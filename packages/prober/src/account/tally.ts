import { findingKinds, hops, violations, type FindingKind } from './findings.ts';
import type { Located } from './probe-account.ts';

const examplesMax = 10;

/** Findings counted by datacenter, hop and kind, with the first few that break the promise. */
export class Tally {
  readonly #counts = new Map<string, Map<FindingKind, number>>();
  readonly #examples: string[] = [];
  #violations = 0;

  add(found: Located): void {
    const { kind, datacenter, hop, stream, sequence } = found;
    const where = `${datacenter}/${hop}`;
    const counts = this.#counts.get(where) ?? new Map<FindingKind, number>();
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
    this.#counts.set(where, counts);
    if (!violations.has(kind)) return;
    this.#violations += 1;
    if (this.#examples.length < examplesMax) {
      this.#examples.push(`${kind} at ${where}: probe ${sequence} of stream ${stream}`);
    }
  }

  get violations(): number {
    return this.#violations;
  }

  /** A table with a line for each hop, then examples. */
  table(): string {
    const rows = [...this.#counts].toSorted(
      ([one], [other]) => rank(one) - rank(other) || one.localeCompare(other),
    );
    const lines = rows.map(([where, counts]) => {
      const told = findingKinds.flatMap((kind) => (counts.has(kind) ? [`${counts.get(kind)} ${kind}`] : []));
      return `  ${where.padEnd(16)} ${told.join(', ')}`;
    });
    return [...lines, ...this.#examples.map((example) => `  ${example}`)].join('\n');
  }
}

function rank(where: string): number {
  return hops.findIndex((hop) => where.endsWith(`/${hop}`));
}
