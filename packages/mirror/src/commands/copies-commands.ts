import { UsageError, type Command } from '@penstock/service';
import type { MirrorConfig } from '../config.ts';
import { openLink } from '../link/link-context.ts';
import type { Audited } from '../translate/audit-partition.ts';
import { alignedTable } from './aligned-table.ts';
import { auditExitCode, auditLink } from './audit-link.ts';
import { moveGroup, type MovedGroup } from './move-group.ts';

/** To standard error, so that standard output is the answer alone. */
function progress(words: string): void {
  process.stderr.write(`${words}\n`);
}

export const offsets: Command<MirrorConfig> = {
  about: 'translates the committed offsets of a consumer group to the other cluster; shows them only',
  synopsis: '--group GROUP [--back] [--apply] [--json]',
  flags: {
    group: { value: 'GROUP', about: 'the consumer group' },
    back: { about: 'from the target to the source, for consumers that return' },
    apply: { about: 'writes them there, all in one transaction; no consumer may run there' },
    json: { about: 'as one line of JSON' },
  },
  async act(config, given) {
    const group = given.text('group');
    if (group === undefined) throw new UsageError('offsets needs --group GROUP');
    await using link = await openLink(config);
    const from = given.has('back') ? 'target' : 'source';
    const moved = await moveGroup(link, { group, from, apply: given.has('apply'), progress });
    const text = given.has('json') ? JSON.stringify(moved) : movedTable(moved);
    return { text, exitCode: moved.positions.some(({ why }) => why !== null) ? 1 : 0 };
  },
};

export const audit: Command<MirrorConfig> = {
  about: 'compares the copies with their source, record by record; ends with 1 when they differ, 2 unknown',
  synopsis: '[--partition TOPIC-N [--from OFFSET] [--to OFFSET]] [--json]',
  flags: {
    partition: { value: 'TOPIC-N', about: 'this partition of the source only' },
    from: { value: 'OFFSET', about: 'the first source offset; without it, all that both sides still have' },
    to: { value: 'OFFSET', about: 'one past the last; without it, up to where the link is' },
    json: { about: 'as one line of JSON for each partition' },
  },
  async act(config, given) {
    await using link = await openLink(config);
    const range = { from: given.wholeNumber('from'), to: given.wholeNumber('to') };
    const audited = await auditLink(link, { partition: given.text('partition'), ...range, progress });
    const text = given.has('json')
      ? audited.map((each) => JSON.stringify(each)).join('\n')
      : auditTable(audited);
    return { text, exitCode: auditExitCode(audited) };
  },
};

function movedTable({ group, applied, positions }: MovedGroup): string {
  const rows = positions.map(({ from, to, committed, translated, there, why }) => [
    ...[from, committed, to, translated ?? '?', there ?? '-', why ?? 'exact'],
  ]);
  const head = ['partition', 'committed', 'there', 'translated', 'committed there', 'state'];
  const done = applied ? `The group ${group} is moved.` : 'Nothing is written: that needs --apply.';
  return [...alignedTable([head, ...rows]), '', done].join('\n');
}

function auditTable(audited: readonly Audited[]): string {
  const head = ['partition', 'range', 'target', 'range there', 'source', 'target', 'rejected', 'verdict'];
  const rows = audited.map((each) => [
    each.partition,
    each.from === null ? '?' : `[${each.from}, ${each.to})`,
    each.target,
    each.targetFrom === null ? '?' : `[${each.targetFrom}, ${each.targetTo})`,
    `${each.sourceRecords} ${each.sourceCrc ?? ''}`,
    `${each.targetRecords} ${each.targetCrc ?? ''}`,
    String(each.rejected),
    verdictInWords(each),
  ]);
  return alignedTable([head, ...rows]).join('\n');
}

function verdictInWords({ verdict, why, firstDifference }: Audited): string {
  if (firstDifference === null) return why === null ? verdict : `${verdict}: ${why}`;
  const { source, target } = firstDifference;
  return `different from source offset ${source ?? 'end'} and target offset ${target ?? 'end'} on`;
}
