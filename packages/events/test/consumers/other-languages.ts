import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '../../../..');
const cache = join(root, '.cache');
const fewMinutesMs = 5 * 60_000;

/** Something to run examples with, or why this machine cannot have it. */
export type Maybe<T> = { readonly have: T } | { readonly lacks: string };

/** Python with fastavro in .cache: the path of the program. */
export async function pythonWith(fastavro: string): Promise<Maybe<string>> {
  const folder = join(cache, `python-fastavro-${fastavro}`);
  const python = join(folder, 'bin/python');
  const done = join(folder, 'complete');
  if (existsSync(done)) return { have: python };
  rmSync(folder, { recursive: true, force: true });
  try {
    await run('python3', ['-m', 'venv', folder]);
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
    await run(python, [...pip, `fastavro==${fastavro}`]);
  } catch (error) {
    return { lacks: `no Python with venv and fastavro ${fastavro}: ${firstLine(error)}` };
  }
  writeFileSync(done, '');
  return { have: python };
}

/** Avro's Java library in .cache, and a JDK that compiles: the class path. */
export async function javaLibrary(): Promise<Maybe<string>> {
  const pom = join(import.meta.dirname, 'avro-library.xml');
  const version = /<artifactId>avro<\/artifactId>\s*<version>([\d.]+)</.exec(readFileSync(pom, 'utf8'))?.[1];
  const jars = join(cache, `avro-${version}`);
  try {
    await run('javac', ['-version']);
    if (!existsSync(jars)) {
      const fresh = `${jars}.${process.pid}`;
      const copy = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';
      await run('mvn', ['--batch-mode', '--quiet', '--file', pom, copy, `-DoutputDirectory=${fresh}`]);
      renameSync(fresh, jars);
    }
  } catch (error) {
    return { lacks: `no JDK with Maven and Avro ${version}: ${firstLine(error)}` };
  }
  return { have: join(jars, '*') };
}

/** The lines that the program answers with, one for each of the input. Fails with what it says on stderr. */
export async function throughProgram(
  program: string,
  args: readonly string[],
  input: readonly Buffer[],
): Promise<unknown[]> {
  const lines = input.map((record) => `${record.toString('hex')}\n`).join('');
  const output = await run(program, args, lines);
  return output
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
}

/** Compiles source texts by file name into a folder, which is made new. */
export async function compileJava(
  classPath: string,
  folder: string,
  sources: Readonly<Record<string, string>>,
): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const files = Object.entries(sources).map(([name, text]) => {
    const file = join(folder, name);
    writeFileSync(file, text);
    return file;
  });
  await run('javac', ['--release', '17', '-Xlint:all', '-Werror', '-cp', classPath, '-d', folder, ...files]);
}

/** The example in this language, word for word, from the page for consumers. */
export function exampleOf(language: 'java' | 'python'): string {
  const page = readFileSync(join(root, 'docs/consumers.md'), 'utf8');
  const blocks = [...page.matchAll(/^```(\w+)\n(.*?)^```$/gms)].filter(([, name]) => name === language);
  if (blocks.length !== 1) throw new Error(`docs/consumers.md has ${blocks.length} examples in ${language}`);
  return blocks[0]![2]!;
}

function run(program: string, args: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { cwd: root, timeout: fewMinutesMs, maxBuffer: 256 * 1024 * 1024 };
    const child = execFile(program, args, options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(stderr.trim() || stdout.trim() || error.message, { cause: error }));
    });
    // A program that ends early says why by its own error; that of the pipe adds nothing.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}

function firstLine(error: unknown): string {
  return String(error).split('\n', 1)[0]!;
}
