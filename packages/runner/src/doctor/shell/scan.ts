/**
 * Finds where things end in a shell script that may nest: words, quotes, expansions. Throws
 * ShellSyntaxError.
 */
export class ShellSyntaxError extends Error {
  override readonly name = 'ShellSyntaxError';
}

const endsWord = new Set([' ', '\t', '\n', ';', '&', '|', '(', ')', '<', '>']);

/** The position behind the word that starts at `at`. `<(...)` and `>(...)` are words too. */
export function endOfWord(text: string, at: number): number {
  let place = at;
  while (place < text.length) {
    const char = text[place]!;
    const substitution = (char === '<' || char === '>') && text[place + 1] === '(';
    if (endsWord.has(char) && !substitution) break;
    place = substitution ? endOfParentheses(text, place + 1) : endOfPiece(text, place);
  }
  return place;
}

/** The position behind one character, quoted string or expansion. */
export function endOfPiece(text: string, at: number): number {
  switch (text[at]) {
    case '\\':
      return Math.min(at + 2, text.length);
    case "'":
      return behind(text, "'", at + 1);
    case '"':
      return endOfDoubleQuotes(text, at);
    case '`':
      return endOfBackticks(text, at);
    case '$':
      return endOfDollar(text, at);
    default:
      return at + 1;
  }
}

function endOfDollar(text: string, at: number): number {
  const next = text[at + 1];
  if (next === '(') return endOfParentheses(text, at + 1);
  if (next === '{') return endOfBraces(text, at + 1);
  if (next === '"') return endOfDoubleQuotes(text, at + 1);
  if (/[$?!#*@\d-]/.test(next ?? '')) return at + 2;
  if (next !== "'") return at + 1;
  let place = at + 2;
  while (place < text.length && text[place] !== "'") place += text[place] === '\\' ? 2 : 1;
  return closed(text, place);
}

function endOfDoubleQuotes(text: string, at: number): number {
  let place = at + 1;
  while (place < text.length && text[place] !== '"') {
    // Within double quotes a single quote is an ordinary character, and so is a dollar before a quote.
    const ordinary = text[place] === "'" || /^\$["']/.test(text.slice(place, place + 2));
    place = ordinary ? place + 1 : endOfPiece(text, place);
  }
  return closed(text, place);
}

function endOfBackticks(text: string, at: number): number {
  let place = at + 1;
  while (place < text.length && text[place] !== '`') place += text[place] === '\\' ? 2 : 1;
  return closed(text, place);
}

function endOfBraces(text: string, at: number): number {
  let place = at + 1;
  while (place < text.length && text[place] !== '}') place = endOfPiece(text, place);
  return closed(text, place);
}

/**
 * From `(` to its `)`: commands or arithmetic, with comments. Between `case` and `esac` a `)` ends a
 * pattern.
 */
export function endOfParentheses(text: string, at: number): number {
  let place = at + 1;
  let cases = 0;
  while (place < text.length && (text[place] !== ')' || cases > 0)) {
    const begins = /[\s;&|(`]/.test(text[place - 1]!);
    const word = begins ? /^(?:case\s|esac\b)/.exec(text.slice(place, place + 5))?.[0] : undefined;
    if (word !== undefined) {
      cases = Math.max(0, cases + (word === 'esac' ? -1 : 1));
      place += 4;
    } else if (text[place] === '#' && begins) {
      const end = text.indexOf('\n', place);
      place = end < 0 ? text.length : end;
    } else if (text[place] === '(') place = endOfParentheses(text, place);
    else place = endOfPiece(text, place);
  }
  return closed(text, place);
}

function behind(text: string, end: string, from: number): number {
  const place = text.indexOf(end, from);
  return closed(text, place < 0 ? text.length : place);
}

function closed(text: string, place: number): number {
  if (place >= text.length) throw new ShellSyntaxError('a quote or a bracket is not closed');
  return place + 1;
}
