import { parseSource } from './parse-source.ts';

/**
 * One place where a source names another module. `specifier` is undefined when it is computed at run time.
 */
export interface Imported {
  specifier: string | undefined;
  line: number;
}

interface Node {
  type: string;
  start: number;
  [field: string]: unknown;
}

/**
 * Every module that a TypeScript or JavaScript source names: static and dynamic imports, re-exports, import
 * types, require, import.meta.resolve, and files named by `new URL('...', import.meta.url)` (threads are
 * started that way). Throws a SyntaxError when the source cannot be parsed.
 */
export function importedBy(source: string): Imported[] {
  const found: Imported[] = [];
  visit(parseSource(source) as unknown as Node, (node) => {
    const named = specifierOf(node);
    if (named) found.push({ ...named, line: lineAt(source, node.start) });
  });
  return found;
}

function specifierOf(node: Node): { specifier: string | undefined } | undefined {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportAllDeclaration':
    case 'ImportExpression':
    case 'TSImportType':
    case 'TSExternalModuleReference':
      return { specifier: text(node['source'] ?? node['expression']) };
    case 'ExportNamedDeclaration':
      return node['source'] ? { specifier: text(node['source']) } : undefined;
    case 'CallExpression':
      return callsForModule(node['callee'] as Node)
        ? { specifier: text((node['arguments'] as Node[])[0]) }
        : undefined;
    case 'NewExpression':
      return isOwnUrl(node) ? { specifier: text((node['arguments'] as Node[])[0]) } : undefined;
    default:
      return undefined;
  }
}

// require('x'), require.resolve('x'), import.meta.resolve('x').
function callsForModule(callee: Node): boolean {
  if (callee.type === 'Identifier') return callee['name'] === 'require';
  if (callee.type !== 'MemberExpression' || (callee['property'] as Node)['name'] !== 'resolve') return false;
  const object = callee['object'] as Node;
  return object.type === 'MetaProperty' || (object.type === 'Identifier' && object['name'] === 'require');
}

function isOwnUrl(node: Node): boolean {
  const [path, base] = node['arguments'] as Node[];
  if ((node['callee'] as Node)['name'] !== 'URL' || text(path) === undefined) return false;
  return base?.type === 'MemberExpression' && (base['object'] as Node).type === 'MetaProperty';
}

function text(node: unknown): string | undefined {
  const { type, value, quasis } = (node ?? {}) as { type?: string; value?: unknown; quasis?: unknown[] };
  if (type === 'Literal' && typeof value === 'string') return value;
  if (type === 'TSLiteralType') return text((node as Node)['literal']);
  if (type !== 'TemplateLiteral' || quasis?.length !== 1) return undefined;
  return (quasis[0] as { value: { cooked: string } }).value.cooked;
}

function visit(node: Node, see: (node: Node) => void): void {
  see(node);
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? (value as unknown[]) : [value]) {
      if (child !== null && typeof child === 'object' && 'type' in child) visit(child as Node, see);
    }
  }
}

function lineAt(source: string, offset: number): number {
  return source.slice(0, offset).split('\n').length;
}
