import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { readPart } from '../run/exec/executable.ts';
import { shellScriptProblem } from '../shell-wrapper.ts';
import { lookAtScript, scriptBytes } from './command/look.ts';
import type { Situation } from './verdict/situation.ts';
import { readComposeFile } from './supervisor/compose/compose.ts';
import { readInitScript } from './supervisor/init-script.ts';
import { readRunScript } from './supervisor/run-script.ts';
import { readSupervisordFile } from './supervisor/supervisord.ts';
import { readSystemdUnit, type UnitFile } from './supervisor/systemd/systemd-unit.ts';
import { readUpstartJob } from './supervisor/upstart.ts';

export const fileKinds = ['unit', 'compose', 'upstart', 'supervisord', 'init', 'run'] as const;

/** Reads a file and what belongs to it: drop-ins, an .env, the start scripts that are on this machine. */
export async function examineFile(kind: (typeof fileKinds)[number], path: string): Promise<Situation[]> {
  const text = readFileSync(path, 'utf8');
  switch (kind) {
    case 'unit':
      return [withScript(readSystemdUnit(path, text, dropInsOf(path), lookAtScript))];
    case 'upstart':
      return [withScript(readUpstartJob(path, `${text}\n${overrideOf(path)}`, lookAtScript))];
    case 'supervisord':
      return readSupervisordFile(path, text, lookAtScript);
    case 'init':
      return [readInitScript(path, text)];
    case 'run':
      return [readRunScript(path, text)];
    case 'compose': {
      const beside = (name: string) => readIfThere(resolve(dirname(path), name));
      return readComposeFile(path, text, beside('.env') ?? '', beside);
    }
  }
}

/** JOB.override beside JOB.conf: its stanzas come later, and count (init(5)). */
function overrideOf(path: string): string {
  return path.endsWith('.conf') ? (readIfThere(path.replace(/conf$/, 'override')) ?? '') : '';
}

/** FILE.d/*.conf, in the order of their names. */
function dropInsOf(path: string): UnitFile[] {
  const folder = `${path}.d`;
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => name.endsWith('.conf'));
  } catch {
    return [];
  }
  return names
    .sort()
    .map((name) => ({ path: join(folder, name), text: readFileSync(join(folder, name), 'utf8') }));
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** A start script of this machine that nowhere says exec is a parent that no command line shows. */
function withScript(situation: Situation): Situation {
  for (const { chain } of situation.chains) {
    const path = chain.hops.findLast(({ file }) => file !== undefined)?.file ?? chain.service[0];
    if (!path?.startsWith('/')) continue;
    const text = scriptProblem(path);
    if (text !== undefined) return { ...situation, remarks: [...situation.remarks, { kind: 'note', text }] };
  }
  return situation;
}

function scriptProblem(path: string): string | undefined {
  try {
    return shellScriptProblem(path, readPart(path, 0, scriptBytes)?.toString('latin1') ?? '');
  } catch {
    return undefined;
  }
}
