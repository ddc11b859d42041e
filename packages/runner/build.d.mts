/** Builds dist/penstock-run.cjs and returns its path. */
export function buildRunner(outfile?: string): Promise<string>;
