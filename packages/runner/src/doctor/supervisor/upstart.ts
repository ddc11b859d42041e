import { basename } from 'node:path';
import { chainsOf } from '../command/chains.ts';
import type { Look } from '../command/step.ts';
import type { Remark, Rest, Situation } from '../verdict/situation.ts';
import { plainSupervisor } from '../verdict/situation.ts';
import { expandWords, splitWords } from '../shell/words.ts';
import { parseShell } from '../shell/parse.ts';
import { ShellSyntaxError } from '../shell/scan.ts';
import { signalName } from '../signal-name.ts';
import { stopActions } from './stop-actions.ts';
import { playStopCommands, type PlayedStop } from './stop-command.ts';
import { readStanzas, type Stanza } from './upstart-job.ts';

/**
 * A job file, init(5) of Upstart: https://upstart.ubuntu.com/cookbook. Defaults: KILL after 5 s, no fork
 * followed.
 */
export function readUpstartJob(path: string, text: string, look?: Look): Situation {
  return situationOf(path, readStanzas(text), look);
}

function situationOf(path: string, job: readonly Stanza[], look: Look | undefined): Situation {
  const value = (name: string): string | undefined => job.findLast((stanza) => stanza.name === name)?.value;
  const name = basename(path, '.conf');
  // The last of the two counts, as for all stanzas.
  const process = job.findLast((stanza) => stanza.name === 'script' || stanza.name === 'exec');
  const script = process?.name === 'script' ? process.value : undefined;
  const exec = process?.name === 'exec' ? process.value : undefined;
  const startsElse = value('pre-start exec') ?? value('pre-start script');
  if (process === undefined && startsElse === undefined)
    throw new Error('it has neither exec nor script: nothing is started');
  const killText = value('kill timeout') ?? '5';
  if (!/^\d+$/.test(killText)) throw new Error(`"kill timeout ${killText}" is no number of seconds`);
  const expect = value('expect') ?? 'none';
  const chains = process === undefined ? [] : chainsOf(commandOf(exec, script), look);
  const preStop = value('pre-stop exec') ?? value('pre-stop script');
  const played = preStop === undefined ? undefined : playPreStop(preStop, look);
  return {
    subject: path,
    supervisor: {
      ...plainSupervisor('upstart', `Upstart's job ${name}`),
      stopSignal: signalName(value('kill signal') ?? 'TERM'),
      tells: 'group', // kill(-getpgid(pid)): init/system.c, system_kill
      killsAfterMs: Number(killText) * 1_000,
      forksFollowed: { fork: 1, daemon: 2 }[expect] ?? 0,
      before: played?.command,
    },
    chains,
    remarks: [...remarksOn(job, chains, expect), ...preStopRemarks(played)],
    rests: restsOf(value('kill timeout') === undefined, expect),
    mended: ({ command, patienceSeconds }) => {
      const kept = job.filter(
        (stanza) =>
          !(command && (stanza === process || stanza.name === 'expect')) &&
          !(patienceSeconds !== undefined && stanza.name === 'kill timeout'),
      );
      const line = command?.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word}'`)).join(' ');
      const patience =
        patienceSeconds === undefined ? [] : [{ name: 'kill timeout', value: `${patienceSeconds}` }];
      return situationOf(
        path,
        [...kept, ...(line ? [{ name: 'exec', value: line }] : []), ...patience],
        look,
      );
    },
  };
}

function restsOf(byDefault: boolean, expect: string): Rest[] {
  const texts = [
    ...(byDefault ? ["Upstart's default kill timeout of 5 s"] : []),
    ...(expect === 'fork' || expect === 'daemon'
      ? [`it forks ${expect === 'fork' ? 'once' : 'twice'} until it is ready, as "expect ${expect}" says`]
      : []),
  ];
  return texts.map((text) => ({ basis: 'assumed', text }));
}

/** exec without shell characters is executed as it stands; with them, and in a script, /bin/sh -e gets it. */
function commandOf(exec: string | undefined, script: string | undefined): string[] {
  if (exec === undefined) return ['/bin/sh', '-e', '-c', script ?? ''];
  if (!/[~`!$^&*()=|\\{}[\];"'<>?]/.test(exec)) return ['exec', ...splitWords(exec)];
  try {
    const [only, ...more] = parseShell(exec);
    const command = only?.commands[0]?.command;
    if (more.length === 0 && !only?.background && only?.commands.length === 1 && command?.kind === 'simple')
      return ['exec', ...expandWords(command.words)];
  } catch (error) {
    if (!(error instanceof ShellSyntaxError)) throw error;
  }
  return ['/bin/sh', '-e', '-c', `exec ${exec}`];
}

function playPreStop(script: string, look: Look | undefined): PlayedStop | undefined {
  const actions = stopActions(['sh', '-c', script], look && { look });
  return playStopCommands([{ line: script.trim(), actions }], 'pre-stop');
}

function preStopRemarks(played: PlayedStop | undefined): Remark[] {
  if (played?.unclear === undefined || played.command.killsAfterMs !== undefined) return [];
  const settle = 'look whether it sends KILL, and when';
  return [{ kind: 'unknown', text: `pre-stop: ${played.unclear}`, settle }];
}

function remarksOn(job: readonly Stanza[], chains: Situation['chains'], expect: string): Remark[] {
  const remarks: Remark[] = [];
  const has = (name: string): Stanza | undefined => job.findLast((stanza) => stanza.name === name);
  if (chains.length === 0) {
    const text =
      'it starts its service in pre-start, out of sight of Upstart, which then holds and signals nobody';
    remarks.push({ kind: 'unknown', text, settle: 'doctor --pid PID of the running service' });
  }
  const parents = chains.map(({ chain }) => chain.hops.filter(({ onTerm }) => onTerm !== 'replaces'));
  const su = parents.flat().find(({ name }) => name === 'su' || name === 'runuser');
  if (su && expect === 'none') {
    remarks.push({
      kind: 'wrong',
      text:
        `no "expect fork": ${su.name} forks once, so Upstart holds ${su.name} and not the service; ` +
        "the shell's fork would make it two",
      mend:
        'start it with no parent in between, as above: then nothing forks. ' +
        'A wrong "expect" leaves the job stuck',
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
      text:
        `"${sleep.name} ${sleep.value}" waits for what a killed service leaves behind, such as ZooKeeper's ` +
        'registration of the broker, which stays until its session ends; it keeps nobody from being killed',
      mend: 'a service that ends by itself takes its registration back: then the wait can go',
    });
  }
  const limit = has('respawn limit');
  if (has('respawn') && su) {
    const text =
      `"respawn"${limit ? ` (limit ${limit.value})` : ''} starts it again after each such end: ` +
      'on indexes that were not closed, or beside an orphan';
    remarks.push({ kind: 'symptom', text });
  }
  if (has('setuid') && su)
    remarks.push({ kind: 'note', text: '"setuid" and su both: one of them is enough' });
  return remarks;
}
