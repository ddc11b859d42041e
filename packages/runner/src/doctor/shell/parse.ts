import type { Command, Script, Simple, Statement } from './ast.ts';
import { endOfParentheses, endOfWord, ShellSyntaxError } from './scan.ts';

/**
 * Reads a script of sh, dash, bash or ksh into a tree (POSIX.1-2024, chapter 2, and what bash adds). Throws
 * ShellSyntaxError for what it does not understand: the caller then knows nothing, and says so.
 */
export function parseShell(text: string): Script {
  if (text.length > lengthMax) throw new ShellSyntaxError(`it is longer than ${lengthMax} characters`);
  const parser = new Parser(text.replaceAll('\r\n', '\n'));
  const script = parser.script([]);
  parser.expectEnd();
  return script;
}

const lengthMax = 1_000_000;
const depthMax = 200;

const opens = new Set(['if', 'case', 'for', 'select', 'while', 'until', 'function', '{', '(']);
const assignment = /^([A-Za-z_]\w*)(?:\[[^\]]*\])?\+?=/;
const redirectionPattern = /^(?:\d+|\{\w+\})?(?:<<<|<<-?|<&|<>|<|>>|>&|>\||>|&>>|&>)/;

class Parser {
  readonly #text: string;
  #at = 0;
  #depth = 0;
  /** Here-documents whose lines start behind the next newline. */
  #hereDocuments: { end: string; tabs: boolean }[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  /** Statements up to a reserved word or a bracket of `ends`, which is left to the caller. */
  script(ends: readonly string[]): Script {
    if (++this.#depth > depthMax) throw new ShellSyntaxError('it is nested too deeply');
    const statements: Script = [];
    for (this.#blank(); !this.#atEnd() && !this.#isNext(ends); this.#blank()) {
      statements.push(this.#statement());
      this.#space();
      if (!this.#separator()) break;
    }
    this.#depth--;
    return statements;
  }

  expectEnd(): void {
    this.#blank();
    if (!this.#atEnd()) this.#fail();
  }

  #statement(): Statement {
    const commands: Statement['commands'] = [{ joint: undefined, command: this.#pipeline() }];
    for (;;) {
      this.#space();
      const joint = this.#text.startsWith('&&', this.#at) ? '&&' : '||';
      if (!this.#text.startsWith(joint, this.#at)) break;
      this.#at += 2;
      this.#blank();
      commands.push({ joint, command: this.#pipeline() });
    }
    const next = this.#text[this.#at];
    return { commands, background: next === '&' };
  }

  #pipeline(): Command {
    let forked = false; // bash forks for what it turns round or measures
    for (; this.#isNext(['!', 'time']); forked = true) {
      this.#reserved();
      if (this.#isNext(['-p'])) this.#reserved();
    }
    const commands = [this.#command()];
    for (this.#space(); this.#isPipe(); this.#space()) {
      this.#at += this.#text[this.#at + 1] === '&' ? 2 : 1;
      this.#blank();
      commands.push(this.#command());
    }
    return commands.length === 1 && !forked ? commands[0]! : { kind: 'pipeline', commands };
  }

  #isPipe(): boolean {
    return this.#text[this.#at] === '|' && this.#text[this.#at + 1] !== '|';
  }

  #command(): Command {
    this.#space();
    const word = this.#peek();
    const named = /^[^\s$"'`\\;&|<>(){}=]+[ \t]*\([ \t]*\)/.exec(this.#text.slice(this.#at, this.#at + 200));
    if (named && !opens.has(word)) {
      this.#at += named[0].length;
      return this.#function(named[0].replace(/[ \t]*\([ \t]*\)$/, ''));
    }
    if (!opens.has(word)) return this.#simple();
    const command = this.#compound(word);
    this.#redirections();
    return command;
  }

  #compound(word: string): Command {
    if (word === '(') return this.#parentheses();
    this.#reserved();
    switch (word) {
      case '{':
        return { kind: 'group', body: this.#until('}') };
      case 'if':
        return this.#if();
      case 'case':
        return this.#case();
      case 'function': {
        const name = this.#word();
        this.#space();
        const brackets = /^\([ \t]*\)/.exec(this.#text.slice(this.#at));
        this.#at += brackets?.[0].length ?? 0;
        return this.#function(name);
      }
      case 'for':
      case 'select':
        return this.#for(word);
      default: {
        const condition = this.#until('do');
        return { kind: 'loop', word: word as 'while' | 'until', condition, body: this.#until('done') };
      }
    }
  }

  /** A subshell, or bash's arithmetic `((...))`, which runs no command. */
  #parentheses(): Command {
    if (this.#text.startsWith('((', this.#at)) {
      const end = endOfParentheses(this.#text, this.#at);
      if (this.#text[end - 2] === ')') {
        this.#at = end;
        return { kind: 'simple', assignments: [], words: ['((', '))'], redirected: false };
      }
    }
    this.#at++;
    const body = this.script([')']);
    if (this.#text[this.#at] !== ')') this.#fail();
    this.#at++;
    return { kind: 'subshell', body };
  }

  #until(end: string): Script {
    const body = this.script([end]);
    if (!this.#isNext([end])) this.#fail();
    this.#reserved();
    return body;
  }

  #if(): Command {
    const branches: { condition: Script; body: Script }[] = [];
    for (;;) {
      const condition = this.#until('then');
      branches.push({ condition, body: this.script(['elif', 'else', 'fi']) });
      const next = this.#peek();
      this.#reserved();
      if (next === 'fi') return { kind: 'if', branches, otherwise: undefined };
      if (next === 'else') return { kind: 'if', branches, otherwise: this.#until('fi') };
      if (next !== 'elif') this.#fail();
    }
  }

  #case(): Command {
    this.#word();
    this.#blank();
    if (!this.#isNext(['in'])) this.#fail();
    this.#reserved();
    const arms: { patterns: string[]; body: Script }[] = [];
    for (this.#blank(); !this.#isNext(['esac']); this.#blank()) {
      if (this.#atEnd()) this.#fail();
      if (this.#text[this.#at] === '(') this.#at++;
      const patterns = [this.#pattern()];
      for (this.#space(); this.#text[this.#at] === '|'; this.#space()) {
        this.#at++;
        patterns.push(this.#pattern());
      }
      if (this.#text[this.#at] !== ')') this.#fail();
      this.#at++;
      arms.push({ patterns, body: this.script(['esac', ';;', ';&']) });
      this.#at += /^;;&|^;;|^;&/.exec(this.#text.slice(this.#at, this.#at + 3))?.[0].length ?? 0;
    }
    this.#reserved();
    return { kind: 'case', arms };
  }

  /** A pattern may start with a reserved word, and hold extglob's brackets. */
  #pattern(): string {
    this.#blank();
    const start = this.#at;
    for (;;) {
      this.#at = endOfWord(this.#text, this.#at);
      const extended = this.#text[this.#at] === '(' && /[?*+@!]/.test(this.#text[this.#at - 1]!);
      if (!extended) break;
      this.#at = endOfParentheses(this.#text, this.#at);
    }
    if (this.#at === start) this.#fail();
    return this.#text.slice(start, this.#at);
  }

  #for(word: 'for' | 'select'): Command {
    this.#space();
    if (this.#text.startsWith('((', this.#at)) this.#at = endOfParentheses(this.#text, this.#at);
    else this.#word();
    this.#blank();
    if (this.#isNext(['in'])) {
      this.#reserved();
      for (this.#space(); !/[\n;]/.test(this.#text[this.#at] ?? '\n'); this.#space()) this.#word();
    }
    this.#space();
    if (this.#text[this.#at] === ';') this.#at++;
    this.#blank();
    if (!this.#isNext(['do', '{'])) this.#fail();
    const end = this.#peek() === 'do' ? 'done' : '}';
    this.#reserved();
    return { kind: 'loop', word, condition: [], body: this.#until(end) };
  }

  #function(name: string): Command {
    this.#blank();
    const body = this.#command();
    const statement: Statement = { commands: [{ joint: undefined, command: body }], background: false };
    return { kind: 'function', name, body: [statement] };
  }

  #simple(): Simple {
    const simple: Simple = { kind: 'simple', assignments: [], words: [], redirected: false };
    const start = this.#at;
    for (this.#space(); !this.#atEnd(); this.#space()) {
      if (this.#redirection()) {
        simple.redirected = true;
        continue;
      }
      if (this.#peek() === '[[' && simple.words.length === 0) {
        this.#doubleBrackets();
        simple.words.push('[[', ']]');
        continue;
      }
      const word = this.#word();
      if (word === '') break;
      const assigned = simple.words.length === 0 ? assignment.exec(word) : null;
      const isArray = this.#text[this.#at] === '(' && /^\w+\+?=$/.test(word); // also `declare -A A=(...)`
      if (isArray) this.#at = endOfParentheses(this.#text, this.#at);
      else if (!assigned) simple.words.push(word);
      else simple.assignments.push({ name: assigned[1]!, value: word.slice(assigned[0].length) });
    }
    if (this.#at === start) this.#fail();
    return simple;
  }

  #doubleBrackets(): void {
    while (!this.#atEnd()) {
      this.#blank();
      const end = endOfWord(this.#text, this.#at);
      const word = this.#text.slice(this.#at, end);
      this.#at = end > this.#at ? end : this.#at + 1;
      if (word === ']]') return;
    }
    this.#fail();
  }

  #redirections(): void {
    for (this.#space(); this.#redirection(); this.#space());
  }

  #redirection(): boolean {
    const operator = redirectionPattern.exec(this.#text.slice(this.#at, this.#at + 40))?.[0];
    if (operator === undefined) return false;
    // `<(...)` and `>(...)` are words, which a redirection may take as its target.
    if (/^[<>]$/.test(operator) && this.#text[this.#at + 1] === '(') return false;
    this.#at += operator.length;
    this.#space();
    const target = this.#word();
    if (/(^|[^<])<<-?$/.test(operator))
      this.#hereDocuments.push({ end: target.replaceAll(/['"\\]/g, ''), tabs: operator.endsWith('-') });
    return true;
  }

  #word(): string {
    this.#space();
    const start = this.#at;
    this.#at = endOfWord(this.#text, start);
    return this.#text.slice(start, this.#at);
  }

  /** The word that follows, without taking it; a lone bracket counts as one. */
  #peek(): string {
    const char = this.#text[this.#at] ?? '';
    if (char === '(' || char === ')') return char;
    return /^[^\s;&|<>()]+/.exec(this.#text.slice(this.#at, this.#at + 100))?.[0] ?? char;
  }

  #isNext(words: readonly string[]): boolean {
    if (words.length === 0) return false;
    const word = this.#peek();
    return words.some((each) =>
      each.startsWith(';') ? this.#text.startsWith(each, this.#at) : each === word,
    );
  }

  #reserved(): void {
    this.#at += this.#peek().length;
    this.#space();
  }

  /** Takes ; & or a newline. False when the statement ends without one. */
  #separator(): boolean {
    const char = this.#text[this.#at];
    if (char === '\n') return true;
    if (char !== ';' && char !== '&') return false;
    if (/^;[;&]/.test(this.#text.slice(this.#at, this.#at + 2))) return false;
    this.#at++;
    return true;
  }

  /** Blanks, joined lines, comments and newlines, and the here-documents after them. */
  #blank(): void {
    for (;;) {
      this.#space();
      if (this.#text[this.#at] !== '\n') return;
      this.#at++;
      for (const { end, tabs } of this.#hereDocuments.splice(0)) this.#skipHereDocument(end, tabs);
    }
  }

  #space(): void {
    const blank = /(?:[ \t]|\\\n)*/y;
    blank.lastIndex = this.#at;
    this.#at += blank.exec(this.#text)?.[0].length ?? 0;
    if (this.#text[this.#at] !== '#') return;
    const end = this.#text.indexOf('\n', this.#at);
    this.#at = end < 0 ? this.#text.length : end;
  }

  #skipHereDocument(end: string, tabs: boolean): void {
    while (!this.#atEnd()) {
      const stop = this.#text.indexOf('\n', this.#at);
      const line = this.#text.slice(this.#at, stop < 0 ? this.#text.length : stop);
      this.#at = stop < 0 ? this.#text.length : stop + 1;
      if ((tabs ? line.replace(/^\t+/, '') : line) === end) return;
    }
  }

  #atEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  #fail(): never {
    const line = this.#text.slice(0, this.#at).split('\n').length;
    const near = JSON.stringify(this.#text.slice(this.#at, this.#at + 20));
    throw new ShellSyntaxError(this.#atEnd() ? 'it ends too early' : `line ${line}, at ${near}`);
  }
}
