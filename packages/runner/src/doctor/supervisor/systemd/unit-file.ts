/** One `Name=value` of a unit, where it stands. */
export interface Assignment {
  section: string;
  name: string;
  value: string;
}

/** Reads a unit file or a drop-in, systemd.syntax(7): comments, joined lines, sections. */
export function readAssignments(text: string): Assignment[] {
  const assignments: Assignment[] = [];
  let section = '';
  for (const raw of joinedLines(text)) {
    const line = raw.trim();
    if (line === '') continue;
    const header = /^\[(.*)\]$/.exec(line)?.[1];
    if (header !== undefined) section = header;
    const at = line.indexOf('=');
    if (header === undefined && at > 0)
      assignments.push({ section, name: line.slice(0, at).trim(), value: line.slice(at + 1).trim() });
  }
  return assignments;
}

/** A backslash at the end joins the next line; comments in between are left out. */
function joinedLines(text: string): string[] {
  const lines = text.split(/\r?\n/).filter((line) => !/^\s*[#;]/.test(line));
  return lines
    .join('\n')
    .replaceAll(/\\\n\s*/g, ' ')
    .split('\n');
}

/** What systemd makes of all assignments to [Service], in their order. */
export class UnitSettings {
  readonly #assignments: readonly Assignment[];

  constructor(assignments: readonly Assignment[]) {
    this.#assignments = assignments.filter(({ section }) => section === 'Service');
  }

  /** The last value that is one: systemd warns of the others, empty ones too, and skips them. */
  last(names: readonly string[], accepts: (value: string) => boolean): string | undefined {
    return this.#assignments.findLast(({ name, value }) => names.includes(name) && accepts(value))?.value;
  }

  /** A list that grows with each assignment; an empty one starts anew. */
  list(name: string): string[] {
    let values: string[] = [];
    for (const each of this.#assignments)
      if (each.name === name) values = each.value === '' ? [] : [...values, each.value];
    return values;
  }

  /** Values of time spans that systemd warns of and skips. */
  skipped(names: readonly string[], accepts: (value: string) => boolean): string[] {
    return this.#assignments
      .filter(({ name, value }) => names.includes(name) && !accepts(value))
      .map(({ name, value }) => `${name}=${value}`);
  }
}
