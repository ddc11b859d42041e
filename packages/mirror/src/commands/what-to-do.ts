import type { Pause } from '@penstock/ledger';

/** What an operator does about a paused partition, in words that can be typed. */
export function whatToDo(kind: Pause['kind'], partition: string): string {
  const resume = `mirror resume --partition ${partition}`;
  switch (kind) {
    case 'overtaken':
      return `${resume} --skip-gap accepts the loss; keep the source's records for longer`;
    case 'truncated':
    case 'beyond-end':
      return `${resume} --skip-gap keeps what only the target has now; --restart copies all again`;
    case 'recreated':
      return `${resume} --restart copies the new topic from its start`;
    case 'target-lost':
      return `${resume} --restart copies again what the source still has; --skip-gap accepts the loss`;
    case 'target-not-empty':
      return `empty the target partition and ${resume} --retry; --skip-gap copies behind what is there`;
    case 'refused':
      return `let the target take it (max.message.bytes, times), then ${resume} --retry; or --skip-gap`;
    case 'corrupt':
      return `restore the source's log and ${resume} --retry; or --skip-gap --to OFFSET behind the damage`;
    case 'old-format':
      return `${resume} --skip-gap leaves these records out; they must be written again to be copied`;
    case 'deleted':
      return `${resume} --skip-gap accepts the loss; if the topic comes back as it was, it goes on by itself`;
    case 'not-authorized':
      return 'give the missing right; it goes on by itself';
    case 'target-settings':
      return 'set the target topic right; it goes on by itself';
    case 'failing':
      return 'see what the brokers say; it goes on by itself when they take it again';
  }
}
