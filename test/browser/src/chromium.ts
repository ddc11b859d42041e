import { existsSync } from 'node:fs';

/** Where a Chromium is, if there is one. */
export const chromium = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  (path) => existsSync(path),
);

/** The end of a test's name: why it is skipped. */
export const needsChromium = chromium === undefined ? ' (needs Chromium: apt-get install chromium)' : '';
