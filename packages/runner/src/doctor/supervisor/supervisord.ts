import { chainsOf } from '../command/chains.ts';
import type { Look } from '../command/step.ts';
import type { Remark, Situation } from '../verdict/situation.ts';
import { plainSupervisor } from '../verdict/situation.ts';
import { splitWords } from '../shell/words.ts';
import { signalName } from '../signal-name.ts';

/**
 * The programs of supervisord's ini, http://supervisord.org/configuration.html: TERM, then KILL after 10 s.
 */
export function readSupervisordFile(path: string, text: string, look?: Look): Situation[] {
  const sections = readIni(text);
  const programs = [...sections].filter(([name]) => /^(program|fcgi-program|eventlistener):/.test(name));
  const files = sections.get('include')?.get('files');
  if (programs.length === 0 && files === undefined) throw new Error('it has no [program:NAME]');
  const situations = programs.map(([name, settings]) =>
    situationOf(path, name.replace(/^[^:]*:/, ''), settings, look),
  );
  return files === undefined ? situations : [...situations, unreadFiles(path, files)];
}

function situationOf(
  path: string,
  name: string,
  settings: ReadonlyMap<string, string>,
  look: Look | undefined,
): Situation {
  const command = settings.get('command');
  const waitText = settings.get('stopwaitsecs') ?? '10';
  const asGroup = /^(true|yes|on|1)$/i.test(settings.get('stopasgroup') ?? 'false');
  const killsGroup = asGroup || /^(true|yes|on|1)$/i.test(settings.get('killasgroup') ?? 'false');
  const chains = command === undefined ? [] : chainsOf(splitWords(command), look);
  const remarks: Remark[] = [];
  if (!/^\d+$/.test(waitText)) {
    const settle = 'write a number of seconds';
    remarks.push({ kind: 'unknown', text: `stopwaitsecs ${waitText} is filled in when it starts`, settle });
  }
  if (asGroup !== killsGroup)
    remarks.push({
      kind: 'note',
      text: 'killasgroup without stopasgroup: KILL reaches the group, TERM does not',
    });
  return {
    subject: `${path}: ${name}`,
    supervisor: {
      ...plainSupervisor('other', `supervisord's ${name}`),
      stopSignal: signalName(settings.get('stopsignal') ?? 'TERM'),
      tells: asGroup ? 'group' : 'main',
      killsAfterMs: /^\d+$/.test(waitText) ? Number(waitText) * 1_000 : undefined,
    },
    chains,
    remarks,
    rests: settings.has('stopwaitsecs')
      ? []
      : [{ basis: 'assumed', text: 'stopwaitsecs at its default of 10 s' }],
    mended: ({ command: words, patienceSeconds }) => {
      const changed = new Map(settings);
      if (words)
        changed.set('command', words.map((word) => (/\s/.test(word) ? `'${word}'` : word)).join(' '));
      if (patienceSeconds !== undefined) changed.set('stopwaitsecs', String(patienceSeconds));
      return situationOf(path, name, changed, look);
    },
  };
}

function unreadFiles(path: string, files: string): Situation {
  const text = `it includes ${files}, whose programs are not looked at`;
  return {
    subject: `${path}: ${files}`,
    supervisor: plainSupervisor('other', 'supervisord'),
    chains: [],
    remarks: [{ kind: 'unknown', text, settle: 'ask about each of these files' }],
    rests: [],
  };
}

function readIni(text: string): Map<string, Map<string, string>> {
  const sections = new Map<string, Map<string, string>>();
  let section = new Map<string, string>();
  for (const raw of text.split(/\r?\n/)) {
    if (/^\s*[;#]/.test(raw) || raw.trim() === '') continue;
    const line = raw.replace(/\s;.*$/, '').trim();
    const header = /^\[(.*)\]$/.exec(line)?.[1];
    const at = line.search(/[=:]/);
    if (header !== undefined)
      sections.set(header, (section = sections.get(header) ?? new Map<string, string>()));
    else if (at > 0 && !/^\s/.test(raw)) section.set(line.slice(0, at).trim(), line.slice(at + 1).trim());
  }
  return sections;
}
