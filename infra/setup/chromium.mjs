import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { inCheckout } from './checkout.mjs';
import { fetchFromDebian } from './debian.mjs';

/** Where a browser may be: also read by who starts it, test/browser. */
const { installed, unpacked } = JSON.parse(readFileSync(new URL('chromium.json', import.meta.url), 'utf8'));

/** A browser for the tests of pages, where the system has none: unpacked to .cache/chromium only. */
export async function fetchChromium() {
  if (process.platform !== 'linux' || installed.some((path) => existsSync(path))) return;
  const start = inCheckout(unpacked);
  if (existsSync(start)) return;
  const packages = ['chromium', 'fonts-liberation'];
  if (!(await fetchFromDebian('chromium', packages, 'the tests of pages are skipped'))) return;
  const folder = inCheckout('.cache', 'chromium');
  writeFileSync(
    inCheckout('.cache', 'chromium', 'fonts.conf'),
    `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>${folder}/root/usr/share/fonts</dir><cachedir>${folder}/fonts</cachedir></fontconfig>
`,
  );
  writeFileSync(start, starter, { mode: 0o755 });
}

const starter = `#!/bin/sh
# The unpacked Chromium with its own libraries and fonts.
folder=$(cd "$(dirname "$0")" && pwd)
for libraries in "$folder"/root/usr/lib/*-linux-gnu; do
  LD_LIBRARY_PATH=$libraries:$libraries/pulseaudio
done
export LD_LIBRARY_PATH FONTCONFIG_FILE="$folder/fonts.conf"
exec "$folder/root/usr/lib/chromium/chromium" "$@"
`;
