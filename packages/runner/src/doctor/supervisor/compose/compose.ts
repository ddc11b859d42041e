import { chainsOf } from '../../command/chains.ts';
import { inits } from '../../command/programs.ts';
import type { Hop } from '../../verdict/hop.ts';
import type { ConditionalChain, Remark, Rest, Situation } from '../../verdict/situation.ts';
import { plainSupervisor } from '../../verdict/situation.ts';
import { splitWords } from '../../shell/words.ts';
import { signalName } from '../../signal-name.ts';
import { dockerGraceMs, stopActions } from '../stop-actions.ts';
import { playStopCommands, type PlayedStop } from '../stop-command.ts';
import { goSpanMs } from './go-span.ts';
import { isMapping, readServices, textOf, type Mapping, type ReadBeside } from './services.ts';
import { isUnset, unescapeDollars } from './variables.ts';

/** One situation per service. Variables have the values of `environment`, an .env file, or their defaults. */
export async function readComposeFile(
  path: string,
  text: string,
  environment = '',
  beside: ReadBeside = () => undefined,
): Promise<Situation[]> {
  const { services, included } = await readServices(text, parseEnvironment(environment), beside);
  const situations = services.map(({ name, settings, unread }) =>
    readService(`${path}: ${name}`, name, settings, unread),
  );
  return [...situations, ...included.map((each) => unreadFile(path, each))];
}

function parseEnvironment(text: string): Map<string, string> {
  const lines = text.split(/\r?\n/).map((line) => /^\s*(?:export\s+)?(\w+)=(.*)$/.exec(line));
  return new Map(
    lines.flatMap((match) => {
      if (!match) return [];
      const value = match[2]!.trim().replace(/^(["'])(.*)\1$/, '$2');
      return [[match[1]!, value] as const];
    }),
  );
}

function unreadFile(path: string, included: string): Situation {
  const text = `it includes ${included}, whose services are not looked at`;
  return {
    subject: `${path}: ${included}`,
    supervisor: plainSupervisor('docker', 'Docker'),
    chains: [],
    remarks: [{ kind: 'unknown', text, settle: 'ask about what "docker compose config" prints' }],
    rests: [],
  };
}

function readService(subject: string, name: string, settings: Mapping, unread: readonly string[]): Situation {
  const ownInit = textOf(settings['init']) === 'true';
  const image = textOf(settings['image']) ?? 'the image';
  const entrypoint = wordsOf(settings['entrypoint']);
  const command = wordsOf(settings['command']) ?? [];
  const chains =
    entrypoint && entrypoint.length + command.length > 0
      ? chainsOf([...entrypoint, ...command])
      : imageChains(image, command);
  const grace = readGrace(settings['stop_grace_period']);
  const signal = textOf(settings['stop_signal']);
  const played = playHooks(settings['pre_stop']);
  return {
    subject,
    supervisor: {
      ...plainSupervisor('docker', `Docker's ${name}`),
      stopSignal: signalName(signal === undefined || isUnset(signal) ? 'TERM' : signal),
      killsAfterMs: grace.ms,
      ...(grace.written !== undefined && { patience: grace.written }),
      before: played?.command.killsAfterMs === undefined ? undefined : played.command,
      killsRest: true, // the end of process 1 ends its PID namespace
      asInit: !ownInit && textOf(settings['pid']) !== 'host',
    },
    chains,
    remarks: [
      ...unread.map(notRead),
      ...grace.remarks,
      ...signalRemarks(signal),
      ...hookRemarks(played),
      ...remarksOn({ settings, ownInit, chains }),
    ],
    rests: grace.rests,
    byDefault: grace.byDefault,
    mended: ({ command: words, patienceSeconds }) =>
      readService(
        subject,
        name,
        {
          ...settings,
          ...(words && { entrypoint: words, command: undefined }),
          ...(patienceSeconds !== undefined && { stop_grace_period: `${patienceSeconds}s` }),
        },
        unread,
      ),
  };
}

const notRead = (text: string): Remark => ({
  kind: 'unknown',
  text,
  settle: 'ask about what "docker compose config" prints',
});

/** What compose runs in the container before the stop signal. What it only tells is not counted. */
function playHooks(hooks: unknown): PlayedStop | undefined {
  const commands = [hooks].flat().flatMap((hook) => {
    const words = isMapping(hook) ? wordsOf(hook['command']) : undefined;
    return words === undefined ? [] : [words];
  });
  return playStopCommands(
    commands.map((words) => ({ line: words.join(' '), actions: stopActions(words) })),
    'pre_stop',
  );
}

function hookRemarks(played: PlayedStop | undefined): Remark[] {
  const unclear =
    played?.unclear ?? (played?.killsSometime ? 'it waits in a loop, and sends KILL' : undefined);
  if (unclear === undefined || played?.command.killsAfterMs !== undefined) return [];
  return [{ kind: 'unknown', text: `pre_stop: ${unclear}`, settle: 'look whether it sends KILL, and when' }];
}

function signalRemarks(signal: string | undefined): Remark[] {
  if (signal === undefined || !isUnset(signal)) return [];
  const text = `stop_signal ${signal} has no value here, and no default`;
  return [{ kind: 'unknown', text, settle: 'ask about what "docker compose config" prints' }];
}

interface Grace {
  ms: number | undefined;
  /** What stands there, when it is not known how long that is. */
  written?: string;
  remarks: Remark[];
  rests: Rest[];
  byDefault: boolean;
}

function readGrace(value: unknown): Grace {
  const text = textOf(value);
  const assumed: Grace = { ms: dockerGraceMs, remarks: [], rests: [], byDefault: false };
  if (text === undefined || text === '') {
    const rests: Rest[] = [{ basis: 'assumed', text: 'no stop_grace_period: Docker gives 10 s, then KILL' }];
    return { ...assumed, rests, byDefault: true };
  }
  if (isUnset(text)) {
    const remark: Remark = {
      kind: 'unknown',
      text: `stop_grace_period ${text} has no value here, and no default`,
      settle: 'ask about what "docker compose config" prints, or write a default: ${NAME:-60s}',
    };
    return { ...assumed, ms: undefined, written: text, remarks: [remark] };
  }
  const ms = goSpanMs(text);
  if (ms !== undefined) return { ...assumed, ms };
  const wrong = `stop_grace_period ${text} is no duration like 10s or 1m30s: compose refuses the file`;
  return { ...assumed, remarks: [{ kind: 'wrong', text: wrong, mend: 'stop_grace_period: 60s' }] };
}

/** What the image's own entrypoint does is not written here: it may exec the command, or stay its parent. */
function imageChains(image: string, command: string[]): ConditionalChain[] {
  const name = command.length > 0 ? `the entrypoint of ${image}` : image;
  const because = 'what it does stands there, not here';
  const settle = 'doctor --pid PID of the running container';
  const hop: Hop = { name, onTerm: 'unknown', because, settle };
  const unknown: ConditionalChain = { condition: undefined, chain: { hops: [hop], service: command } };
  if (command.length === 0) return [unknown];
  // Most entrypoints exec the command, or there is none: a parent in the command itself shows whatever they
  // do.
  const own = chainsOf(command).filter(({ chain }) => chain.hops.some(({ onTerm }) => onTerm !== 'replaces'));
  const condition = `where the entrypoint of ${image} execs its command, or is empty`;
  return [unknown, ...own.map(({ chain, condition: shell }) => ({ condition: shell ?? condition, chain }))];
}

interface Facts {
  settings: Mapping;
  ownInit: boolean;
  chains: Situation['chains'];
}

function remarksOn({ settings, ownInit, chains }: Facts): Remark[] {
  const remarks: Remark[] = [];
  const hops = chains.flatMap(({ chain }) => chain.hops);
  const named = settings['entrypoint'] !== undefined || settings['command'] !== undefined;
  if (!ownInit && named && !hops.some(({ name }) => inits.has(name))) {
    remarks.push({
      kind: 'note',
      text:
        'without an init the service is process 1: it must handle TERM itself, ' +
        'and nobody reaps what it leaves',
      mend: 'init: true',
    });
  }
  const dropped = [settings['cap_drop']].flat().map((name) => String(name).toUpperCase());
  const added = [settings['cap_add']].flat().map((name) => String(name).replace(/^CAP_/i, '').toUpperCase());
  if (
    ownInit &&
    dropped.includes('ALL') &&
    !added.includes('KILL') &&
    hops.some(({ user }) => user !== undefined)
  ) {
    remarks.push({
      kind: 'wrong',
      text:
        'the init runs as root without the capability KILL: it cannot pass TERM on to a child of another ' +
        'user; it ends, and the service with it, never told',
      mend: 'cap_add: [KILL]',
    });
  }
  return remarks;
}

/** A list is taken as it stands; a string is split into words, without a shell. */
function wordsOf(value: unknown): string[] | undefined {
  if (Array.isArray(value)) return value.map((word) => unescapeDollars(textOf(word) ?? ''));
  const text = textOf(value);
  return text === undefined ? undefined : splitWords(text).map(unescapeDollars);
}
