/** What a command prints. Offsets are texts, because they have more digits than a JSON number keeps. */
export function asJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? String(part) : part), 2);
}
