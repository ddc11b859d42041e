import { ownFormats, readFormatHint, type FormatHint } from '@penstock/events/raw-headers';

/** A route of a deployer's own, for events of a format that only the filter's catalogue knows. */
export interface OwnRoute {
  path: string;
  formatHint: FormatHint;
}

/** Reads `/path=number`. Throws for anything else, and for a path that belongs to the Receiver. */
export function readOwnRoute(text: string): OwnRoute {
  const [, path = '', digits] = /^((?:\/[A-Za-z0-9._~-]{1,64}){1,8})=(\d{3})$/.exec(text) ?? [];
  const formatHint = readFormatHint(digits);
  if (formatHint === null) {
    const { first, last } = ownFormats;
    throw new Error(`'${text}' is no /path=number, where number is a format from ${first} to ${last}`);
  }
  // By the first step, so that a later version may have more routes below it.
  if (/^\/(v\d+|openapi\.json)(\/|$)/.test(path)) {
    throw new Error(`'${path}' belongs to the Receiver: choose a path that does not begin with /v1, /v2...`);
  }
  return { path, formatHint };
}

/** What is wrong with them, each alone and together; `knob` names where they are configured. */
export function ownRouteProblems(knob: string, texts: readonly string[]): string[] {
  const problems: string[] = [];
  const paths = new Set<string>();
  const formats = new Set<string>();
  for (const text of texts) {
    try {
      const { path, formatHint } = readOwnRoute(text);
      if (paths.has(path)) problems.push(`${knob}: ${path} is there twice`);
      if (formats.has(formatHint)) problems.push(`${knob}: format ${formatHint} has two routes`);
      paths.add(path);
      formats.add(formatHint);
    } catch (error) {
      problems.push(`${knob}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return problems;
}
