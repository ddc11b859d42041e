export interface RecoveredRequest {
  /** Its bytes beyond ASCII percent-encoded. */
  url: string;
  headers: Record<string, string>;
}

/**
 * Historical clients write raw UTF-8 or Latin-1 into the URL of a pixel, which Node's parser refuses. If that
 * is all that is wrong with `packet`, here is the request. Undefined otherwise: it is refused as what it is.
 */
export function recoverRequest(packet: Buffer): RecoveredRequest | undefined {
  const text = packet.toString('latin1');
  const end = text.indexOf('\r\n\r\n');
  // What comes after it would be lost with the parser, so it must be alone.
  if (end < 0 || end + 4 !== text.length) return undefined;
  const [requestLine = '', ...lines] = text.slice(0, end).split('\r\n');
  const url = /^GET (\/[\u0021-\u007e\u0080-\u00ff]*) HTTP\/1\.[01]$/.exec(requestLine)?.[1];
  if (url === undefined) return undefined;
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const [, name, value] = /^([!#$%&'*+.^_`|~\w-]+):([\t\u0020-\u007e\u0080-\u00ff]*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) return undefined;
    const known = name.toLowerCase();
    // The same header twice, or a body: more than the URL is unusual.
    if (known in headers || known === 'content-length' || known === 'transfer-encoding') return undefined;
    headers[known] = value.trim();
  }
  return headers['host'] === undefined ? undefined : { url: percentEncoded(url), headers };
}

function percentEncoded(url: string): string {
  return url.replace(/[\u0080-\u00ff]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}
