import { posix } from 'node:path';

// The tree in README.md. Processes are started, never imported; all other packages are libraries.
const mayImport: Readonly<Record<string, readonly string[]>> = {
  'packages/receiver': ['packages/events', 'packages/kafka', 'packages/service'],
  'packages/input-filter': ['packages/events', 'packages/kafka', 'packages/service'],
  'packages/prober': ['packages/events', 'packages/kafka', 'packages/service'],
  // Not events: the Mirror cannot decode what it copies.
  'packages/mirror': ['packages/kafka', 'packages/ledger', 'packages/service'],
  'packages/ledger': ['packages/kafka'],
  'packages/events': [],
  'packages/kafka': [],
  'packages/service': [],
  'packages/runner': [],
  // Runs in pages of anybody: it depends on nothing.
  'packages/client': [],
  // Real brokers for everybody, so it needs none of what is tested.
  'test/broker': ['test/process'],
  // For tests, benches and the demo alike: infra may import whatever is not a service.
  'test/process': [],
  'test/browser': [],
};

const processes = [
  'packages/receiver',
  'packages/input-filter',
  'packages/mirror',
  'packages/prober',
  'packages/runner',
];

// A catalogue is a file of the operator's, named by configuration. Of the wire library, only some files.
const computedImports = ['packages/input-filter/src/catalogue-file.ts', 'packages/kafka/src/wire-library.ts'];

// Without node:net, whose isIP() is pure.
const inputOutput = /^node:(fs|http|https|http2|tls|dgram|dns|child_process|worker_threads|cluster)(\/|$)/;

/**
 * Why `file` (relative to the checkout, with slashes) must not name the module `specifier`, or undefined
 * when it may. `workspaces` maps each workspace's package name to its folder. A specifier of undefined is
 * one computed at run time.
 */
export function forbiddenImport(
  file: string,
  specifier: string | undefined,
  workspaces: ReadonlyMap<string, string>,
): string | undefined {
  const from = folderOf(file);
  if (specifier === undefined) {
    if (!from.startsWith('packages/') || isTest(file) || computedImports.includes(file)) return undefined;
    return 'a computed import hides where it leads';
  }
  if (isPath(specifier)) return judgePath(file, from, specifier);
  const workspace = [...workspaces].find(([name]) => specifier === name || specifier.startsWith(`${name}/`));
  if (workspace) return judgeWorkspace(file, from, workspace[1]);
  if (specifier.startsWith('@penstock/')) return `there is no workspace ${specifier}`;
  return judgeOutsider(file, from, specifier);
}

function judgePath(file: string, from: string, specifier: string): string | undefined {
  const path = specifier.replace(/^file:\/*/, '/');
  if (path.startsWith('/')) return 'an absolute path is only true on one machine';
  const target = posix.join(posix.dirname(file), path);
  const to = folderOf(target);
  if (to === from || target === '.' || !/^(packages|infra|test)\//.test(target)) return undefined;
  if (from.startsWith('packages/') && !isTest(file))
    return `a path into ${to}: packages meet by name, through src/index.ts`;
  return judgeWorkspace(file, from, to);
}

function judgeWorkspace(file: string, from: string, to: string): string | undefined {
  if (to === from) return undefined;
  if (isTest(file) && /^test\/(broker|browser|faults|load|process)$/.test(to)) return undefined;
  const allowed = mayImport[from];
  if (allowed) return allowed.includes(to) ? undefined : `${from} may not import ${to}`;
  if (from.startsWith('packages/')) return `${from} is not in the table of who may import whom`;
  if (from.startsWith('test/')) return undefined;
  return processes.includes(to) ? `${to} is a process: it is started, not imported` : undefined;
}

function judgeOutsider(file: string, from: string, specifier: string): string | undefined {
  if (specifier === 'kafkajs' || specifier.startsWith('kafkajs/')) {
    const allowed = file.startsWith('packages/kafka/src/admin/') || from.startsWith('test/') || isTest(file);
    return allowed
      ? undefined
      : 'kafkajs carries no data: only packages/kafka/src/admin and tests may import it';
  }
  if (isTest(file)) return undefined;
  // The doctor's YAML reader is built into the one file, and loaded only when a compose file is asked about.
  if (file.startsWith('packages/runner/src/doctor/') && specifier === 'yaml') return undefined;
  if (file.startsWith('packages/runner/src/') && !specifier.startsWith('node:'))
    return 'the Runner runs as root and depends on nothing';
  if (from === 'packages/events' && inputOutput.test(specifier))
    return 'packages/events is pure: no input or output';
  return undefined;
}

function isPath(specifier: string): boolean {
  return /^(\.{1,2}(\/|$)|\/|file:)/.test(specifier) || specifier.startsWith('#');
}

/** packages/kafka/src/index.ts -> packages/kafka; a file of the root -> the empty string. */
function folderOf(file: string): string {
  const [top, name, ...rest] = file.split('/');
  return rest.length > 0 || !name?.includes('.') ? [top, name].filter(Boolean).join('/') : '';
}

/** Test code of a package: what it may import reaches further than what it tests. */
function isTest(file: string): boolean {
  return /\.(test|fixture)\.ts$/.test(file) || /^packages\/[^/]+\/test\//.test(file);
}
