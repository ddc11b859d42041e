import { posix } from 'node:path';
import type { ImportGraph } from './import-graph.ts';

const sourcesMax = 16;

/**
 * Folders in which a newcomer finds too many files to choose from. Tests and their fixtures are not
 * counted.
 */
export function crowded(files: readonly string[]): { folder: string; sources: number }[] {
  const sources = files.filter((file) => !isTestFile(file));
  return [...Map.groupBy(sources, (file) => posix.dirname(file))]
    .map(([folder, inside]) => ({ folder, sources: inside.length }))
    .filter((each) => each.sources > sourcesMax);
}

/**
 * Arrows between the folders directly below `parent` that do not point downward, and folders without a
 * place in the order. `layers` names the folders, lowest first. Files directly in `parent` belong to no
 * layer.
 */
export function upwardArrows(graph: ImportGraph, parent: string, layers: readonly string[]): string[] {
  const problems: string[] = [];
  for (const [file, imported] of graph) {
    const from = roomOf(file, parent);
    if (from === undefined || isTestFile(file)) continue;
    if (!layers.includes(from)) problems.push(`${parent}/${from} has no place in test/structure/layers.ts`);
    for (const target of imported) {
      const to = roomOf(target, parent);
      if (to !== undefined && layers.indexOf(to) > layers.indexOf(from)) {
        problems.push(`${file} imports ${target}: ${to} lies above ${from}`);
      }
    }
  }
  return [...new Set(problems)];
}

/** The folder directly below `parent` that holds this file. */
function roomOf(file: string, parent: string): string | undefined {
  if (!file.startsWith(`${parent}/`)) return undefined;
  const [room, ...rest] = file.slice(parent.length + 1).split('/');
  return rest.length > 0 ? room : undefined;
}

function isTestFile(file: string): boolean {
  return /\.(test|fixture)\.[a-z]+$/.test(file) || /^[^/]+\/[^/]+\/test\//.test(file);
}
