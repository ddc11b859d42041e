// The client as one file for pages: `node packages/client/build.mjs` writes dist/penstock-client.js. Nothing
// of Penstock runs on it.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));

/** Bundles and minifies the client, as one module for browsers of 2022 and later. */
export async function bundleClient() {
  const result = await build({
    entryPoints: [join(here, 'src', 'index.ts')],
    bundle: true,
    write: false,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    legalComments: 'none',
    logLevel: 'silent',
  });
  return result.outputFiles[0].contents;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const file = join(here, 'dist', 'penstock-client.js');
  const contents = await bundleClient();
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, contents);
  // oxlint-disable-next-line no-console -- a program for a person at a terminal
  console.log(`${file}: ${contents.length} bytes, ${gzipSync(contents).length} gzipped`);
}
