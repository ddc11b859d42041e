import { parseSource } from './parse-source.ts';

interface Node {
  type: string;
  start: number;
  [field: string]: unknown;
}

/**
 * The lines of a source that ask the wall clock: `Date.now()`, also through globalThis or by a computed name,
 * and `new Date()` or `Date()` without a moment.
 */
export function wallClockLines(source: string): number[] {
  const lines: number[] = [];
  visit(parseSource(source) as unknown as Node, (node) => {
    if (asksWallClock(node)) lines.push(source.slice(0, node.start).split('\n').length);
  });
  return lines;
}

function asksWallClock(node: Node): boolean {
  if (node.type === 'MemberExpression') {
    return isDate(node['object'] as Node) && nameOf(node['property'] as Node) === 'now';
  }
  const isCall = node.type === 'CallExpression';
  if (!isCall && node.type !== 'NewExpression') return false;
  const withoutMoment = (node['arguments'] as Node[]).length === 0;
  return isDate(node['callee'] as Node) && (isCall || withoutMoment);
}

function isDate(node: Node): boolean {
  if (node.type === 'Identifier') return node['name'] === 'Date';
  return node.type === 'MemberExpression' && nameOf(node['property'] as Node) === 'Date';
}

function nameOf(node: Node): unknown {
  return node.type === 'Literal' ? node['value'] : node['name'];
}

function visit(node: Node, act: (node: Node) => void): void {
  act(node);
  for (const child of Object.values(node)) {
    for (const each of Array.isArray(child) ? child : [child]) {
      if (typeof each === 'object' && each !== null && 'type' in each) visit(each as Node, act);
    }
  }
}
