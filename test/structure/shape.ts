import { basename } from 'node:path';
import { parseSource } from './parse-source.ts';

const noIdea = /^(common|utils?|types|shared|helpers?|misc|lib)(\.ts)?$/;

const columnsMax = 110;

/**
 * What in a file's name and size breaks the rules of CONTRIBUTING.md; `file` is relative to the checkout.
 */
export function misshapen(file: string, source: string): string[] {
  const problems: string[] = [];
  const isTest = file.endsWith('.test.ts') || file.startsWith('test/');
  const lineCount = source.split('\n').length - 1;
  const lineCountMax = /^packages\/[^/]+\/src\/main\.ts$/.test(file) ? 30 : isTest ? 600 : 400;
  if (lineCount > lineCountMax) problems.push(`${lineCount} lines; at most ${lineCountMax}`);
  const vague = file.split('/').find((part) => noIdea.test(part));
  if (vague !== undefined) problems.push(`"${vague}" names no idea`);
  if (basename(file) === 'index.ts' && !/^[^/]+\/[^/]+\/src\/index\.ts$/.test(file)) {
    problems.push('a barrel; only src/index.ts is one');
  }
  if (exportsDefault(source) && !hasToExportDefault(file)) problems.push('a default export');
  return problems;
}

/** The numbers of the lines that are wider than the formatter makes them: comments and texts. */
export function wideLines(source: string): number[] {
  return source.split('\n').flatMap((line, index) => (line.length > columnsMax ? [index + 1] : []));
}

/** The same for what a markdown page shows as code: text is wrapped by whoever reads it. */
export function wideCodeLines(page: string): number[] {
  const wide = new Set(wideLines(page));
  let fenced = false;
  return page.split('\n').flatMap((line, index) => {
    if (line.startsWith('```')) fenced = !fenced;
    return (fenced || /^( {4}|\t)/.test(line)) && wide.has(index + 1) ? [index + 1] : [];
  });
}

function exportsDefault(source: string): boolean {
  return parseSource(source).body.some(
    (statement) =>
      statement.type === 'ExportDefaultDeclaration' ||
      (statement.type === 'ExportNamedDeclaration' &&
        statement.specifiers.some(
          ({ exported }) => exported.type === 'Identifier' && exported.name === 'default',
        )),
  );
}

// Read by tools that take nothing else.
function hasToExportDefault(file: string): boolean {
  const asked = ['test/run/count-reporter.ts', 'docs/catalogue/catalogue.ts'];
  return file.endsWith('.config.ts') || asked.includes(file);
}
