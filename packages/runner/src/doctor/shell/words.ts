import { endOfPiece } from './scan.ts';

/** What is known of variables; what is not in here keeps its name: `$NAME`. */
export interface Known {
  variables: ReadonlyMap<string, string | undefined>;
  /** $0, $1 ... of the script; undefined when they are not known. */
  positional: readonly string[] | undefined;
}

const nothing: Known = { variables: new Map(), positional: undefined };

/**
 * Words of a unit, an Upstart exec or a compose command: quotes and backslashes, but no operators and no
 * shell.
 */
export function splitWords(line: string): string[] {
  return [...line.matchAll(/(?:'[^']*'|"(?:[^"\\]|\\[^])*"|\\[^]|[^\s])+?(?=\s|$)/g)].map(([word]) =>
    unquote(word),
  );
}

function unquote(text: string): string {
  return text.replace(/'([^']*)'|"((?:[^"\\]|\\[^])*)"|\\([^])/g, (_, single, double, escaped) => {
    return single ?? double?.replace(/\\(["\\$`\n])/g, '$1') ?? escaped;
  });
}

/**
 * The words of a simple command as the program gets them, as far as that is known. `"$@"` may become
 * several.
 */
export function expandWords(words: readonly string[], known: Known = nothing): string[] {
  return words.flatMap((word) => {
    if (/^"?\$[@*]"?$|^"?\$\{[@*]\}"?$/.test(word) && known.positional) return known.positional.slice(1);
    if (/^\$\{1\+"\$@"\}$/.test(word) && known.positional) return known.positional.slice(1);
    const text = expand(word, known);
    // What a variable without quotes holds is split; an empty one is no word at all.
    const unquoted = /^\$(\w+|\{\w+\})$/.test(word) && text !== word;
    return unquoted ? text.split(/\s+/).filter(Boolean) : [text];
  });
}

/** One word without its quotes. */
export function expand(word: string, known: Known = nothing): string {
  let text = '';
  for (let at = 0; at < word.length;) {
    const end = piece(word, at);
    text += expandPiece(word.slice(at, end), known);
    at = end;
  }
  return text;
}

/** True when something in the text is still to be filled in by a shell. */
export function isOpen(text: string): boolean {
  return /[$`]/.test(text);
}

function piece(word: string, at: number): number {
  const variable = /^\$(?:\w+|[@*#?!$-])/.exec(word.slice(at));
  return variable ? at + variable[0].length : endOfPiece(word, at);
}

function expandPiece(text: string, known: Known): string {
  if (text.startsWith("'")) return text.slice(1, -1);
  if (text.startsWith("$'")) return text.slice(2, -1);
  if (text.startsWith('$"')) return expandQuoted(text.slice(2, -1), known);
  if (text.startsWith('"')) return expandQuoted(text.slice(1, -1), known);
  if (text.startsWith('\\')) return text === '\\\n' ? '' : text.slice(1);
  if (text.startsWith('$')) return expandVariable(text, known);
  return text;
}

function expandQuoted(text: string, known: Known): string {
  let result = '';
  for (let at = 0; at < text.length;) {
    const end = text[at] === "'" ? at + 1 : piece(text, at);
    const part = text.slice(at, end);
    if (part.startsWith('\\')) result += /^\\["\\$`\n]/.test(part) ? part.slice(1) : part;
    else result += part.startsWith('$') && !/^\$['"]/.test(part) ? expandVariable(part, known) : part;
    at = end;
  }
  return result;
}

function expandVariable(text: string, known: Known): string {
  const braced = /^\$\{(\w+)(?:(:?[-=])([^]*))?\}$/.exec(text);
  const name = braced?.[1] ?? /^\$(\w+)$/.exec(text)?.[1];
  if (name === undefined) return text;
  const value = /^\d+$/.test(name) ? known.positional?.[Number(name)] : known.variables.get(name);
  if (value !== undefined && !(value === '' && braced?.[2]?.startsWith(':'))) return value;
  return braced?.[3] === undefined ? text : expand(braced[3], known);
}
