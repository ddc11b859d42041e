// The one build step of the repository. The Runner starts as root before every service: one file to audit,
// and a .cjs starts in half the time of a .ts (docs/decisions/0007). `node packages/runner/build.mjs`, about 0.1 s.
import { chmodSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

// Set-up runs this with the machine's own Node, which may be 18: no import.meta.dirname.
const here = dirname(fileURLToPath(import.meta.url));

/** Builds dist/penstock-run.cjs, mode 755, and returns its path. Replaced by a rename: a start meanwhile never reads half a file. */
export async function buildRunner(outfile = join(here, 'dist', 'penstock-run.cjs')) {
  const result = await build({
    entryPoints: [join(here, 'src', 'main.ts')],
    absWorkingDir: here,
    bundle: true,
    write: false,
    format: 'cjs',
    platform: 'node',
    target: 'node24',
    charset: 'utf8',
    legalComments: 'none',
    logLevel: 'silent',
  });
  const draft = `${outfile}.${process.pid}`;
  mkdirSync(dirname(outfile), { recursive: true });
  writeFileSync(draft, result.outputFiles[0].contents, { mode: 0o755 });
  chmodSync(draft, 0o755);
  renameSync(draft, outfile);
  return outfile;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await buildRunner();
