import { chainsOf } from '../command/chains.ts';
import type { Chain } from '../judge/hop.ts';
import { splitWords } from '../shell/shell-script.ts';
import { signalName } from './signal-name.ts';
import type { Remark, Situation } from '../judge/situation.ts';
import { goSpanMs } from './go-span.ts';
import { inits } from '../command/programs.ts';
import { plainSupervisor } from '../judge/situation.ts';

/** Docker's default, of `docker stop` and of compose. */
const graceDefaultMs = 10_000;

/**
 * One situation per service of a compose file (https://github.com/compose-spec/compose-spec). Variables are taken at their
 * defaults (`${GRACE:-60s}`); `extends`, `include` and override files are not followed: `docker compose config` prints them resolved.
 */
export async function readComposeFile(path: string, text: string): Promise<Situation[]> {
  const { parse } = await import('yaml'); // not before it is needed: the other commands start without it
  const file: unknown = parse(text, { merge: true });
  const services = field(file, 'services');
  if (typeof services !== 'object' || services === null) throw new Error('it has no services');
  return Object.entries(services).map(([name, service]) => readService(`${path}: ${name}`, name, service));
}

function readService(subject: string, name: string, service: unknown): Situation {
  const entrypoint = wordsOf(field(service, 'entrypoint'));
  const command = wordsOf(field(service, 'command'));
  const words = [...(entrypoint ?? []), ...(command ?? [])];
  const ownInit = textOf(field(service, 'init')) === 'true';
  const chains = entrypoint ? chainsOf(words) : [{ condition: undefined, chain: imageChain(service, words) }];
  const written = textOf(field(service, 'stop_grace_period'));
  const grace = written?.includes('${') ? undefined : written;
  return {
    subject,
    supervisor: {
      ...plainSupervisor('docker', `Docker's ${name}`),
      stopSignal: signalName(textOf(field(service, 'stop_signal')) ?? 'TERM'),
      killsAfterMs: grace === undefined ? graceDefaultMs : goSpanMs(grace),
      killsRest: true, // the end of process 1 ends its PID namespace
      asInit: !ownInit,
    },
    chains,
    remarks: remarksOn({ service, ownInit, chains, words, written }),
  };
}

/** What the image's own entrypoint does is not written here. */
function imageChain(service: unknown, words: string[]): Chain {
  const image = textOf(field(service, 'image')) ?? 'the image';
  const name = words.length > 0 ? `the entrypoint of ${image}` : image;
  const because = 'what it does stands there, not here; ask the running container with --pid';
  return { hops: [{ name, onTerm: 'unknown', because }], service: words };
}

interface Facts {
  service: unknown;
  ownInit: boolean;
  chains: Situation['chains'];
  words: readonly string[];
  /** The stop_grace_period, as it stands. */
  written: string | undefined;
}

function remarksOn({ service, ownInit, chains, words, written }: Facts): Remark[] {
  const remarks: Remark[] = [];
  if (written?.includes('${'))
    remarks.push({
      kind: 'note',
      text: `stop_grace_period ${written} has no default: Docker's 10 s are assumed; ask about what "docker compose config" prints`,
    });
  if (written === undefined)
    remarks.push({
      kind: 'note',
      text: 'no stop_grace_period: Docker gives 10 s, then KILL',
    });
  if (
    !ownInit &&
    words.length > 0 &&
    !chains.some(({ chain }) => chain.hops.some(({ name }) => inits.has(name)))
  ) {
    remarks.push({
      kind: 'note',
      text: 'without an init the service is process 1: it must handle TERM itself, and nobody reaps what it leaves',
      mend: 'init: true',
    });
  }
  const dropped = [field(service, 'cap_drop')].flat().map((name) => String(name).toUpperCase());
  const added = [field(service, 'cap_add')]
    .flat()
    .map((name) => String(name).replace(/^CAP_/i, '').toUpperCase());
  const changesUser = chains.some(({ chain }) => chain.hops.some(({ user }) => user !== undefined));
  if (ownInit && dropped.includes('ALL') && !added.includes('KILL') && changesUser) {
    remarks.push({
      kind: 'wrong',
      text: 'the init runs as root without the capability KILL: it cannot pass TERM on to a child of another user; it ends, and the service with it, never told',
      mend: 'cap_add: [KILL]',
    });
  }
  return remarks;
}

/** A list is taken as it stands; a string is split into words, without a shell. */
function wordsOf(value: unknown): string[] | undefined {
  if (Array.isArray(value)) return value.map((word) => textOf(word) ?? '');
  const text = textOf(value);
  return text === undefined ? undefined : splitWords(text);
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

/** `${NAME:-default}` and `${NAME-default}` become the default; other variables stay as they stand. `$$` is a dollar. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value !== 'string') return undefined;
  return value.replace(/\$\{\w+:?-([^}]*)\}/g, '$1').replaceAll('$$', '$');
}
