/** One stanza of a job file: `kill timeout 300`, or a script block with its lines. */
export interface Stanza {
  name: string;
  value: string;
}

/**
 * Reads a job as libnih's configuration parser does (nih/config.c): words in quotes, a `#` at the start of
 * a word begins a comment, a backslash joins lines. The lines of a script are left as they are.
 */
export function readStanzas(text: string): Stanza[] {
  const found: Stanza[] = [];
  const lines = text.split(/\r?\n/);
  for (let at = 0; at < lines.length; at++) {
    let line = lines[at]!;
    while (line.endsWith('\\') && at + 1 < lines.length) line = `${line.slice(0, -1)} ${lines[++at]!.trim()}`;
    // An event condition may go on over lines until its brackets are closed.
    while (/^\s*(start|stop)\s+on\b/.test(line) && openBrackets(line) > 0 && at + 1 < lines.length)
      line = `${line} ${withoutComment(lines[++at]!).trim()}`;
    const stanza = withoutComment(line).trim();
    if (stanza === '') continue;
    const name = (twoWords.exec(stanza)?.[1] ?? stanza.split(/\s+/, 1)[0]!).replaceAll(/\s+/g, ' ');
    if (!/(^|\s)script$/.test(name)) {
      found.push({ name, value: stanza.slice(twoWords.exec(stanza)?.[1]?.length ?? name.length).trim() });
      continue;
    }
    const end = lines.findIndex((other, place) => place > at && /^\s*end\s+script\s*(#.*)?$/.test(other));
    if (end < 0) throw new Error(`line ${at + 1}: "${name}" without "end script"`);
    found.push({ name, value: lines.slice(at + 1, end).join('\n') });
    at = end;
  }
  return found;
}

const twoWords = new RegExp(
  '^(kill\\s+timeout|kill\\s+signal|reload\\s+signal|respawn\\s+limit|start\\s+on|stop\\s+on|end\\s+script|' +
    '(?:pre|post)-(?:start|stop)\\s+(?:exec|script)|oom\\s+score|apparmor\\s+\\w+|normal\\s+exit)(?=\\s|$)',
);

function openBrackets(line: string): number {
  const text = withoutComment(line);
  return text.split('(').length - text.split(')').length;
}

function withoutComment(line: string): string {
  let quote = '';
  for (let at = 0; at < line.length; at++) {
    const char = line[at]!;
    if (char === '\\') at++;
    else if (quote !== '') quote = char === quote ? '' : quote;
    else if (char === '"' || char === "'") quote = char;
    else if (char === '#' && (at === 0 || /\s/.test(line[at - 1]!))) return line.slice(0, at);
  }
  return line;
}
