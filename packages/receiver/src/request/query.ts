import { headerText } from '../raw/header-text.ts';

export interface Query {
  /** Without what is meant for the Receiver; else as it came. */
  events: Buffer;
  /** `partition_key=`, decoded and cleaned. */
  partitionKey: string | undefined;
}

const name = 'partition_key=';

/** Clients that can set no header put their key into the URL. It is no part of the event. */
export function readQuery(url: string): Query {
  const start = url.indexOf('?');
  if (start < 0) return { events: Buffer.alloc(0), partitionKey: undefined };
  const query = url.slice(start + 1);
  if (!query.includes(name)) return { events: Buffer.from(query, 'latin1'), partitionKey: undefined };
  const fields = query.split('&');
  const given = fields.find((field) => field.startsWith(name))?.slice(name.length);
  const events = fields.filter((field) => !field.startsWith(name)).join('&');
  return {
    events: Buffer.from(events, 'latin1'),
    partitionKey: given === undefined ? undefined : headerText(percentDecoded(given), 1024),
  };
}

/** To latin1, one character a byte, as Node hands over headers. */
function percentDecoded(text: string): string {
  return text
    .replaceAll('+', ' ')
    .replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
