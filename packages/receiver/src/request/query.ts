import { headerText } from '../raw/header-text.ts';

export interface Query {
  /** Without what is meant for the Receiver; else as it came. */
  events: Buffer;
  /** `partition_key=`, decoded and cleaned. */
  partitionKey: string | undefined;
  /** `api_key=`, decoded. Never logged, never stored. */
  apiKey: string | undefined;
}

const ours = ['partition_key=', 'api_key='] as const;

/** Clients that can set no header put their keys into the URL. They are no part of the event. */
export function readQuery(url: string): Query {
  const start = url.indexOf('?');
  const query = start < 0 ? '' : url.slice(start + 1);
  if (!query.includes('_key=')) {
    return { events: Buffer.from(query, 'latin1'), partitionKey: undefined, apiKey: undefined };
  }
  const fields = query.split('&');
  const events = fields.filter((field) => !ours.some((name) => field.startsWith(name))).join('&');
  return {
    events: Buffer.from(events, 'latin1'),
    partitionKey: headerText(valueOf(fields, 'partition_key='), 1024),
    apiKey: valueOf(fields, 'api_key='),
  };
}

function valueOf(fields: readonly string[], name: (typeof ours)[number]): string | undefined {
  const found = fields.find((field) => field.startsWith(name));
  return found === undefined ? undefined : percentDecoded(found.slice(name.length));
}

/** To latin1, one character a byte, as Node hands over headers. */
function percentDecoded(text: string): string {
  return text
    .replaceAll('+', ' ')
    .replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
