import { ownFieldTypes } from '../avro/own-schema.ts';
import { CatalogueError } from './catalogue-error.ts';
import type { OwnField } from './own-field.ts';

/** What a schema field may be called. A dash would be none of Avro's names. */
export const ownFieldName = /^x_[a-z0-9_]{1,62}$/;

/** Throws CatalogueError for fields that would make no schema, or one that contradicts its own history. */
export function checkOwnFields(fields: readonly OwnField[]): void {
  const names = new Set<string>();
  let newest = '';
  for (const { name, type, doc, since } of fields) {
    const problem = (text: string) => new CatalogueError(`schema field ${name}: ${text}`);
    if (!ownFieldName.test(name)) throw problem('a name is x_ and lower case letters, digits or _');
    if (names.has(name)) throw problem('there are two of this name');
    if (!ownFieldTypes.includes(type)) throw problem(`the type is one of ${ownFieldTypes.join(', ')}`);
    if (typeof doc !== 'string' || doc.trim() === '') throw problem('consumers need its doc');
    if (!/^\d{4}-\d\d-\d\d$/.test(since)) throw problem('since is a date, YYYY-MM-DD');
    if (since < newest) throw problem(`it is since ${since}, and a field before it is since ${newest}`);
    newest = since;
    names.add(name);
  }
}
