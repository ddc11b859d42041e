import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const checkout = new URL('../../../', import.meta.url);

/** The set-up's own list: what it finds installed, it does not unpack. */
const { installed, unpacked } = JSON.parse(
  readFileSync(new URL('infra/setup/chromium.json', checkout), 'utf8'),
) as { installed: string[]; unpacked: string };

/** Where a Chromium is, if there is one: the system's, or the one that the set-up has unpacked. */
export const chromium = [...installed, fileURLToPath(new URL(unpacked, checkout))].find((path) =>
  existsSync(path),
);

/** The end of a test's name: why it is skipped. */
export const needsChromium = chromium === undefined ? ' (needs Chromium: apt-get install chromium)' : '';
