import { readFileSync } from 'node:fs';

/** docs/clients.md, for tests of what it shows. */
export const clientsPage = readFileSync(new URL('../../../docs/clients.md', import.meta.url), 'utf8');

/** The code below a heading of it, sent to another Receiver than it says. */
export function exampleOf(heading: string, receiverUrl: string): string {
  const section = clientsPage.split(/^### /m).find((each) => each.startsWith(`${heading}\n`));
  const code = section === undefined ? null : /^```\w+\n([^]*?)^```$/m.exec(section);
  if (!code) throw new Error(`docs/clients.md has no example "${heading}"`);
  return code[1]!.replaceAll('http://localhost:8080', receiverUrl);
}
