import type { Pause } from '@penstock/ledger';

/**
 * What an operator does about a paused partition: lines for a shell. The first is the usual answer with what
 * it means behind a `#`, others are remarks: whoever pastes all of them gives one answer. Where nothing can
 * be typed there is a remark alone.
 */
export function whatToDo(kind: Pause['kind'], link: string, partition: string): string {
  return linesOf(kind)
    .map(([answer, why], index) => {
      if (answer === '') return `# ${partition}: ${why}`;
      const line = `mirror resume --link ${link} --partition ${partition} ${answer}  # ${why}`;
      return index === 0 ? line : `# or: ${line}`;
    })
    .join('\n');
}

/** The first one is the usual answer. */
function linesOf(kind: Pause['kind']): readonly (readonly [answer: string, why: string])[] {
  switch (kind) {
    case 'overtaken':
      return [['--skip-gap', "accepts the loss; raise the source's retention"]];
    case 'truncated':
    case 'beyond-end':
      return [
        ['--skip-gap', 'keeps what only the target has now'],
        ['--restart', 'copies all again'],
      ];
    case 'recreated':
      return [['--restart', 'copies the new topic from its start']];
    case 'target-lost':
      return [
        ['--restart', 'copies again what the source still has'],
        ['--skip-gap', 'accepts the loss'],
      ];
    case 'target-not-empty':
      return [
        ['--retry', 'once the target topic was made again; to empty it is not enough'],
        ['--skip-gap', "copies from the source's log start, after what is there"],
      ];
    case 'refused':
      return [
        ['--retry', 'once the target takes them (size, time, key)'],
        ['--skip-gap', 'drops the range; with --to OFFSET, all below it'],
      ];
    case 'corrupt':
      return [
        ['--retry', "once the source's log is restored"],
        ['--skip-gap --to OFFSET', 'goes on there: an offset after the damage'],
      ];
    case 'old-format':
      return [['--skip-gap', 'leaves these records out; they must be written again to be copied']];
    case 'deleted':
      return [['--skip-gap', 'accepts the loss; if the topic comes back as it was, it goes on by itself']];
    case 'not-authorized':
      return [['', 'give the missing right; it goes on by itself']];
    case 'target-settings':
      return [['', 'set the target topic right; it goes on by itself']];
    case 'failing':
      return [['', 'see what the brokers say; it goes on by itself when they take it again']];
  }
}
