import type { Answer } from '@penstock/ledger';
import { UsageError, type Command, type Flags, type GivenFlags } from '@penstock/service';
import { knobs, type MirrorConfig } from '../config.ts';
import { initLink } from '../link/init-link.ts';
import { openLink } from '../link/link-context.ts';
import { audit, offsets } from './copies-commands.ts';
import type { LinkStatus } from './link-status.ts';
import { resumePartition } from './resume-partition.ts';
import { StatusReader } from './status-reader.ts';
import { statusTable } from './status-table.ts';
import { watchStatus } from './watch-status.ts';

/** Flags of every command. */
export const flags: Flags = {
  link: { value: 'NAME', about: `instead of ${knobs.link.name}`, insteadOf: knobs.link },
};

const init: Command<MirrorConfig> = {
  about: 'creates the link: its ledger, its ranges of target partitions, and target topics that are missing',
  async act(config) {
    await using link = await openLink(config);
    return (await initLink(config, link)).join('\n');
  },
};

const status: Command<MirrorConfig> = {
  about: 'shows the position, lag and pause of every partition, as the ledger has them, and what to do',
  synopsis: '[--json] [--watch]',
  flags: {
    json: { about: 'as one line of JSON' },
    watch: { about: 'again every two seconds, with what was copied a second, until it is interrupted' },
  },
  async act(config, given) {
    const show = given.has('json') ? (found: LinkStatus) => JSON.stringify(found) : statusTable;
    await using reader = new StatusReader(config);
    if (!given.has('watch')) return show(await reader.read());
    await watchStatus(() => reader.read(), show);
    return '';
  },
};

const resume: Command<MirrorConfig> = {
  about: 'answers a paused partition',
  synopsis: '--partition TOPIC-N (--skip-gap [--to OFFSET] | --restart | --retry)',
  flags: {
    partition: { value: 'TOPIC-N', about: 'the paused partition of the source' },
    'skip-gap': { about: 'goes on after what is missing' },
    to: { value: 'OFFSET', about: 'with --skip-gap: goes on at this offset of the source' },
    restart: { about: "copies again from the source's log start, which doubles what was copied" },
    retry: { about: 'tries the same position again' },
  },
  async act(config, given) {
    const partition = given.text('partition');
    if (partition === undefined) throw new UsageError('resume needs --partition TOPIC-N');
    const answer = readAnswer(given);
    await using link = await openLink(config);
    const ownCleanup = config.targetCleanup === 'own';
    return await resumePartition(link, partition, answer, { ownCleanup });
  },
};

/** What an operator may ask beside `run`. */
export const commands = { init, status, resume, offsets, audit };

function readAnswer(given: GivenFlags): Answer {
  const kind = given.oneOf('skip-gap', 'restart', 'retry');
  const to = given.wholeNumber('to');
  if (kind === 'skip-gap') return to === undefined ? { kind } : { kind, to };
  if (to !== undefined) throw new UsageError('--to goes with --skip-gap only');
  return { kind: kind === 'restart' ? 'restart' : 'retry' };
}
