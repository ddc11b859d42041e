/**
 * Fills in `$NAME`, `${NAME}`, `${NAME:-default}` and their kin as compose does (compose-spec,
 * interpolation), with `values` of an .env file. What has neither value nor default stays as it stands: the
 * shell that calls compose decides it. `$$` is a dollar.
 */
export function interpolate(text: string, values: ReadonlyMap<string, string>): string {
  let result = '';
  for (let at = 0; at < text.length;) {
    if (text[at] !== '$') result += text[at++];
    else if (text[at + 1] === '$') {
      result += escapedDollar;
      at += 2;
    } else {
      const end = endOfVariable(text, at);
      result += fill(text.slice(at, end), values);
      at = end;
    }
  }
  return result;
}

/** Stands for `$$` until nothing is looked up any more. */
const escapedDollar = '\uE000';

export function unescapeDollars(text: string): string {
  return text.replaceAll(escapedDollar, '$');
}

/** Some variable has no value here. */
export function isUnset(text: string): boolean {
  return /\$(\{|[A-Za-z_])/.test(text);
}

function endOfVariable(text: string, at: number): number {
  if (text[at + 1] !== '{') return at + (/^\$\w*/.exec(text.slice(at))?.[0].length ?? 1);
  let depth = 0;
  for (let place = at + 1; place < text.length; place++) {
    if (text[place] === '{') depth++;
    if (text[place] === '}' && --depth === 0) return place + 1;
  }
  return text.length;
}

function fill(text: string, values: ReadonlyMap<string, string>): string {
  const [, name = '', operator = '', rest = ''] =
    /^\$\{(\w+)(?:(:?[-?+])([^]*))?\}$/.exec(text) ?? /^\$(\w+)$/.exec(text) ?? [];
  const value = values.get(name);
  const set = value !== undefined && !(operator.startsWith(':') && value === '');
  if (operator.endsWith('+')) return set ? interpolate(rest, values) : '';
  if (set) return value;
  return operator.endsWith('-') ? interpolate(rest, values) : text;
}
