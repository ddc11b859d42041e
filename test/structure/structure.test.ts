import { builtinModules } from 'node:module';
import { expect, test, vi } from 'vitest';
import { wallClockLines } from './clocks.ts';
import { filesNamed, has, manifests, readSource, sourceFiles, type Manifest } from './checkout.ts';
import { forbiddenImport } from './directions.ts';
import { importedBy } from './imported.ts';
import { circles, importGraph } from './import-graph.ts';
import { layersOf } from './layers.ts';
import { crowded, upwardArrows } from './rooms.ts';
import { misshapen, wideCodeLines, wideLines } from './shape.ts';

// Every file is parsed, and the machine may be busy.
vi.setConfig({ testTimeout: 60_000 });

const files = sourceFiles();
const graph = importGraph(new Map(files.map((file) => [file, readSource(file)])));
const workspaces = manifests();
const folderByName = new Map([...workspaces].map(([folder, { name }]) => [name, folder]));

test('nobody imports whom they must not', () => {
  const problems = files.flatMap((file) =>
    importedBy(readSource(file)).flatMap(({ specifier, line }) => {
      const why = forbiddenImport(file, specifier, folderByName);
      return why === undefined ? [] : [`${file}:${line}: ${specifier ?? 'computed'}: ${why}`];
    }),
  );
  expect(problems).toEqual([]);
});

test('no files import each other in a circle, not even for types', () => {
  expect(circles(graph)).toEqual([]);
});

test('no folder holds more files than one can choose from', () => {
  expect(crowded(files)).toEqual([]);
});

test('no layer imports one that lies above it', () => {
  const problems = Object.entries(layersOf).flatMap(([parent, layers]) =>
    upwardArrows(graph, parent, layers),
  );
  expect(problems).toEqual([]);
});

test('no line is wider than 110 columns', () => {
  const wide = files.flatMap((file) => wideLines(readSource(file)).map((line) => `${file}:${line}`));
  expect(wide).toEqual([]);
});

test('scripts, example.env and code in pages of packages are within 110 columns', () => {
  const others = filesNamed(/(\.sh|^example\.env)$/).flatMap((file) =>
    wideLines(readSource(file)).map((line) => `${file}:${line}`),
  );
  const pages = filesNamed(/\.md$/, 'packages').flatMap((file) =>
    wideCodeLines(readSource(file)).map((line) => `${file}:${line}`),
  );
  expect([...others, ...pages]).toEqual([]);
});

test('durations are not measured by the wall clock, which is set back and forth', () => {
  const timed = files.filter(
    (file) => /^packages\/[^/]+\/src\//.test(file) && !/(wall-clock|\.test|\.fixture)\.ts$/.test(file),
  );
  expect(timed.flatMap((file) => wallClockLines(readSource(file)).map((line) => `${file}:${line}`))).toEqual(
    [],
  );
});

test('every file is small, has one idea and says which', () => {
  expect(files.flatMap((file) => misshapen(file, readSource(file)).map((why) => `${file}: ${why}`))).toEqual(
    [],
  );
});

test('the tests that docs/guarantees.md names are there', () => {
  const named = [...readSource('docs/guarantees.md').matchAll(/`([^`\s]+\.test\.ts)`/g)].map(
    ([, path = '']) => path,
  );
  expect(named.length).toBeGreaterThan(50);
  expect(named.filter((path) => !has(path))).toEqual([]);
});

test('every package says what it is for, and lists its knobs', () => {
  const packages = [...workspaces.keys()].filter((folder) => folder.startsWith('packages/'));
  const missing = packages.flatMap((folder) => [
    ...(has(`${folder}/README.md`) ? [] : [`${folder}/README.md`]),
    ...(has(`${folder}/src/config.ts`) && !has(`${folder}/example.env`) ? [`${folder}/example.env`] : []),
  ]);
  expect(missing).toEqual([]);
});

test('no workspace is published, and none depends on whom it may not import', () => {
  const problems = [...workspaces].flatMap(([folder, manifest]) => [
    ...(manifest.private === true ? [] : [`${folder}: not private`]),
    ...Object.keys(manifest.dependencies ?? {}).flatMap((name) => {
      const why = forbiddenImport(`${folder}/src/index.ts`, name, folderByName);
      // The dependency is there for one folder of it; the test above looks after the others.
      return why === undefined || (folder === 'packages/kafka' && name === 'kafkajs')
        ? []
        : [`${folder}: ${why}`];
    }),
  ]);
  expect(problems).toEqual([]);
});

test('what a package runs on, its package.json names: an image holds nothing else', () => {
  const problems = files
    .filter((file) => /^packages\/[^/]+\/src\//.test(file) && !/\.(test|fixture)\.ts$/.test(file))
    .flatMap((file) => {
      const { dependencies, devDependencies } = workspaces.get(file.split('/').slice(0, 2).join('/')) ?? {};
      // What is built into the Runner's files need not be there when they run.
      const named = { ...dependencies, ...(file.startsWith('packages/runner/') ? devDependencies : {}) };
      return importedBy(readSource(file))
        .flatMap(({ specifier }) =>
          specifier === undefined || /^(\.|\/|node:)/.test(specifier) ? [] : [specifier],
        )
        .map((specifier) => /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier)
        .filter((name) => !(name in named))
        .map(
          (name) =>
            `${file}: ${name}${builtinModules.includes(name) ? ' needs node: before it' : ' is not named'}`,
        );
    });
  expect(problems).toEqual([]);
});

test('each unit test is run by exactly one task of `npm run check`', () => {
  const root = JSON.parse(readSource('package.json')) as Manifest;
  const tasks = [root, ...workspaces.values()].map(
    ({ scripts }) => scripts?.['check:unit']?.split(' ') ?? [],
  );
  const times = (file: string): number => tasks.flat().filter((argument) => file.startsWith(argument)).length;
  const unit = files.filter((file) => file.endsWith('.test.ts') && !/\.(kafka|e2e)\.test\.ts$/.test(file));
  expect(unit.filter((file) => times(file) !== 1)).toEqual([]);
});

test('a workspace names those that its files import, so that a change there runs its tests again', () => {
  const problems = files.flatMap((file) => {
    const folder = file.split('/').slice(0, 2).join('/');
    const manifest = workspaces.get(folder);
    if (!manifest) return [];
    const named = { ...manifest.dependencies, ...manifest.devDependencies };
    return importedBy(readSource(file))
      .flatMap(({ specifier }) => [...folderByName.keys()].filter((name) => specifier === name))
      .filter((name) => name !== manifest.name && !(name in named))
      .map((name) => `${file}: ${name} is not named`);
  });
  expect(problems).toEqual([]);
});
