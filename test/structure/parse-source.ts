import { parseAst } from 'vite';

type Program = ReturnType<typeof parseAst>;

const parsed = new Map<string, Program>();

/**
 * The syntax tree of a source; each is parsed once, for several rules ask. Throws a SyntaxError when it
 * cannot be parsed.
 */
export function parseSource(source: string): Program {
  const tree = parsed.get(source) ?? parseAst(source, { lang: 'ts' });
  parsed.set(source, tree);
  return tree;
}
