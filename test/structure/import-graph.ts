import { posix } from 'node:path';
import { importedBy } from './imported.ts';

/** Every file, and the files of the checkout that it imports by path, types included. */
export type ImportGraph = ReadonlyMap<string, readonly string[]>;

/** `sources` maps each file (relative to the checkout, with slashes) to its text. */
export function importGraph(sources: ReadonlyMap<string, string>): ImportGraph {
  const graph = new Map<string, string[]>();
  for (const [file, source] of sources) {
    const imported = importedBy(source)
      .flatMap(({ specifier }) => (specifier?.startsWith('.') === true ? [specifier] : []))
      .map((specifier) => posix.join(posix.dirname(file), specifier))
      .filter((path) => sources.has(path));
    graph.set(file, [...new Set(imported)]);
  }
  return graph;
}

/**
 * Every group of files that import each other, directly or through others. Files within a group are sorted,
 * and so are the groups.
 */
export function circles(graph: ImportGraph): string[][] {
  const circular = [...graph.keys()].map((file) => ({ file, reached: reachedFrom(graph, file) }));
  const groups = new Map<string, string[]>();
  for (const { file, reached } of circular) {
    if (!reached.has(file)) continue;
    const group = circular.filter((other) => reached.has(other.file) && other.reached.has(file));
    const files = group.map((each) => each.file).toSorted();
    groups.set(files.join(' '), files);
  }
  return [...groups.values()].toSorted((a, b) => (a[0]! < b[0]! ? -1 : 1));
}

/**
 * What a file imports, and what those import in turn. The file itself is in it only when it is part of a
 * circle.
 */
function reachedFrom(graph: ImportGraph, file: string): Set<string> {
  const reached = new Set<string>();
  const open = [...(graph.get(file) ?? [])];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (reached.has(next)) continue;
    reached.add(next);
    open.push(...(graph.get(next) ?? []));
  }
  return reached;
}
