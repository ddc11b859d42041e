// The only build step of the repository. The Runner starts as root before every service: one file to audit,
// and a .cjs starts in half the time of a .ts (docs/decisions/0007). `node packages/runner/build.mjs` takes
// about 0.1 s.
import { chmodSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

// Set-up runs this with the machine's own Node, which may be 18: no import.meta.dirname.
const here = dirname(fileURLToPath(import.meta.url));

/**
 * Builds dist/penstock-run.cjs, and beside it penstock-doctor.cjs, which only `penstock-run doctor` loads:
 * parsers of YAML and shell have no business in a file that runs as root before every service. Returns the
 * path of the first. Both are replaced by a rename, so that a start meanwhile never reads half a file.
 */
export async function buildRunner(outfile = join(here, 'dist', 'penstock-run.cjs')) {
  mkdirSync(dirname(outfile), { recursive: true });
  await bundle('src/doctor/doctor.ts', join(dirname(outfile), DOCTOR), []);
  await bundle('src/main.ts', outfile, [doctorIsBeside]);
  return outfile;
}

const DOCTOR = 'penstock-doctor.cjs';

const doctorIsBeside = {
  name: 'doctor-is-beside',
  setup: (build) =>
    build.onResolve({ filter: /\/doctor\/doctor\.ts$/ }, () => ({ path: `./${DOCTOR}`, external: true })),
};

async function bundle(entry, outfile, plugins) {
  const result = await build({
    entryPoints: [join(here, entry)],
    absWorkingDir: here,
    bundle: true,
    write: false,
    format: 'cjs',
    platform: 'node',
    target: 'node24',
    define: { 'import.meta.dirname': '__dirname' },
    charset: 'utf8',
    legalComments: 'none',
    logLevel: 'silent',
    plugins,
  });
  const draft = `${outfile}.${process.pid}`;
  writeFileSync(draft, result.outputFiles[0].contents, { mode: 0o755 });
  chmodSync(draft, 0o755);
  renameSync(draft, outfile);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await buildRunner();
