import { objectOf, shortText } from './field-table.ts';
import type { ClientName } from '../catalogue/format.ts';
import { isJsonObject, type JsonValue } from '../model/json.ts';

/** How formats 3 and 4 describe the client. */
export const clientRule = objectOf({
  name: shortText,
  version: shortText,
  platform: shortText,
  os: shortText,
  os_version: shortText,
  locale: shortText,
});

const nobody: ClientName = { name: null, version: null };

export function nameOf(client: JsonValue | undefined): ClientName {
  if (!isJsonObject(client)) return nobody;
  return {
    name: typeof client.name === 'string' ? client.name : null,
    version: typeof client.version === 'string' ? client.version : null,
  };
}
