/**
 * What an option takes. A flag takes nothing, `optional` a value only as --name=value, the others a value as
 * --name=value or --name value. Only a list may be repeated: a second --user is an accident, and refused.
 */
export type OptionTable = Readonly<Record<string, 'flag' | 'optional' | 'value' | 'list'>>;

/** The values of each option that was given; '' for a flag. Problems are added to the list. */
export function readOptions(
  args: readonly string[],
  table: OptionTable,
  problems: string[],
): Map<string, string[]> {
  const given = new Map<string, string[]>();
  const rest = [...args];
  for (let text = rest.shift(); text !== undefined; text = rest.shift()) {
    const at = text.startsWith('--') ? text.indexOf('=') : -1;
    const name = at < 0 ? text : text.slice(0, at);
    const takes = Object.hasOwn(table, name) ? table[name] : undefined;
    if (takes === undefined || (takes === 'flag' && at >= 0)) {
      problems.push(`unknown option ${JSON.stringify(text)}`);
      continue;
    }
    const follows = at < 0 && (takes === 'value' || takes === 'list');
    const value = follows ? rest.shift() : text.slice(at < 0 ? text.length : at + 1);
    if (value === undefined) problems.push(`${name} needs a value`);
    else if (given.has(name) && takes === 'value') problems.push(`${name} is given twice`);
    else given.set(name, takes === 'list' ? [...(given.get(name) ?? []), value] : [value]);
  }
  return given;
}
