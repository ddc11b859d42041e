import type { Flags, FreeCommand } from './command.ts';

export interface UsageOf {
  readonly name: string;
  readonly about: string;
  readonly commands: Readonly<Record<string, Pick<FreeCommand, 'about' | 'synopsis' | 'flags' | 'operand'>>>;
  readonly always: Flags;
  /** Lines for the end, where configuration comes from and the like. */
  readonly notes: readonly string[];
}

/** What `--help` prints. */
export function usageText({ name, about, commands, always, notes }: UsageOf): string {
  const parts = Object.entries(commands).map(([command, { operand, synopsis, flags = {}, about: what }]) => {
    const shown = command === 'run' ? '[run]' : command;
    const line = `  ${[name, shown, operand, synopsis].filter(Boolean).join(' ')}`;
    // A tool is its one command: the first line has said what it does.
    return [line, ...(command === '' ? [] : [`      ${what}`]), ...flagLines(flags)].join('\n');
  });
  const everywhere = [...flagLines(always), flagLine('-h, --help', 'prints this and starts nothing')];
  return `${[`${name}: ${about}`, ...parts, everywhere.join('\n'), notes.join('\n')].join('\n\n')}\n`;
}

function flagLines(flags: Flags): string[] {
  return Object.entries(flags).map(([name, { value, about }]) =>
    flagLine(value === undefined ? `--${name}` : `--${name} ${value}`, about),
  );
}

function flagLine(flag: string, about: string): string {
  return `      ${flag.padEnd(22)} ${about}`;
}
