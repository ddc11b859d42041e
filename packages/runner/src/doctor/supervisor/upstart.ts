import { basename } from 'node:path';
import { chainsOf } from '../command/chains.ts';
import { readShellScript, splitWords } from '../shell/shell-script.ts';
import { signalName } from './signal-name.ts';
import type { Remark, Situation } from '../judge/situation.ts';
import { plainSupervisor } from '../judge/situation.ts';

/** A job file, init(5) of Upstart: https://upstart.ubuntu.com. Defaults: KILL after 5 s, no fork is followed. */
export function readUpstartJob(path: string, text: string): Situation {
  const job = stanzas(text);
  const value = (name: string): string | undefined => job.findLast((stanza) => stanza.name === name)?.value;
  const name = basename(path, '.conf');
  const script = value('script');
  const exec = value('exec');
  if (script === undefined && exec === undefined)
    throw new Error('it has neither exec nor script: nothing is started');
  // exec without shell characters is executed as it stands; script is given to /bin/sh -e.
  // With them it is given to /bin/sh too, exec included.
  const command =
    exec === undefined
      ? ['/bin/sh', '-c', script ?? '']
      : /[~`!$^&*()=|\\{}[\];"'<>?]/.test(exec)
        ? ['exec', ...readShellScript(`exec ${exec}`).words]
        : ['exec', ...splitWords(exec)];
  const killText = value('kill timeout') ?? '5';
  if (!/^\d+$/.test(killText)) throw new Error(`"kill timeout ${killText}" is no number of seconds`);
  const killSeconds = Number(killText);
  const expect = value('expect') ?? 'none';
  const chains = chainsOf(command);
  return {
    subject: path,
    supervisor: {
      ...plainSupervisor('upstart', `Upstart's job ${name}`),
      stopSignal: signalName(value('kill signal') ?? 'TERM'),
      tells: 'group', // kill(-getpgid(pid)): init/system.c, system_kill
      killsAfterMs: killSeconds * 1_000,
      forksFollowed: { fork: 1, daemon: 2 }[expect] ?? 0,
    },
    chains,
    remarks: remarksOn(job, chains, expect),
  };
}

interface Stanza {
  name: string;
  value: string;
}

const twoWords =
  /^(kill timeout|kill signal|respawn limit|(?:pre|post)-(?:start|stop) (?:exec|script)|start on|stop on|end script)\b/;

function stanzas(text: string): Stanza[] {
  const found: Stanza[] = [];
  const lines = text.replaceAll(/\\\n\s*/g, ' ').split('\n');
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]!.replace(/^\s*#.*/, '').trim();
    if (line === '') continue;
    const name = twoWords.exec(line)?.[1] ?? line.split(/\s+/, 1)[0]!;
    if (!/\bscript$/.test(name)) {
      found.push({ name, value: line.slice(name.length).trim() });
      continue;
    }
    const end = lines.findIndex((other, place) => place > at && other.trim() === 'end script');
    if (end < 0) throw new Error(`line ${at + 1}: "${name}" without "end script"`);
    found.push({ name, value: lines.slice(at + 1, end).join('\n') });
    at = end;
  }
  return found;
}

function remarksOn(job: readonly Stanza[], chains: Situation['chains'], expect: string): Remark[] {
  const remarks: Remark[] = [];
  const has = (name: string): Stanza | undefined => job.find((stanza) => stanza.name === name);
  const parents = chains.map(({ chain }) => chain.hops.filter(({ onTerm }) => onTerm !== 'replaces'));
  const su = parents.flat().find(({ onTerm }) => onTerm === 'passes-then-kills');
  if (su && expect === 'none') {
    remarks.push({
      kind: 'wrong',
      text: `no "expect fork": ${su.name} forks once, so Upstart holds ${su.name} and not the service; the shell's fork would make it two`,
      mend: 'start it with no parent in between, as above: then nothing forks. A wrong "expect" leaves the job stuck',
    });
    remarks.push({
      kind: 'note',
      text: '"setuid" exists from Upstart 1.4 on; CentOS 6 has 0.6.5, which is why jobs there use su at all',
    });
  }
  const sleep = has('post-stop exec') ?? has('pre-start exec');
  if (sleep && /^sleep\b/.test(sleep.value)) {
    remarks.push({
      kind: 'symptom',
      text: `"${sleep.name} ${sleep.value}" waits for what a killed service leaves behind, such as ZooKeeper's registration of the broker, which stays until its session ends; it keeps nobody from being killed`,
      mend: 'a service that ends by itself takes its registration back: then the wait can go',
    });
  }
  const limit = has('respawn limit');
  if (has('respawn') && su) {
    remarks.push({
      kind: 'symptom',
      text: `"respawn"${limit ? ` (limit ${limit.value})` : ''} starts it again after each such end: on indexes that were not closed, or beside an orphan`,
    });
  }
  if (has('setuid') && su)
    remarks.push({ kind: 'note', text: '"setuid" and su both: one of them is enough' });
  return remarks;
}
