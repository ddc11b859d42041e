// The process in which one client acts in one case: `actor.ts CASE CLIENT`, with the scene and the faults
// by messages.
import { once } from 'node:events';
import { errorCode } from './error-code.ts';
import { cases, entrants } from './lineup.ts';
import type { Scene } from './promise-case.ts';

/** From the actor to whoever started it. */
export type FromActor =
  | { kind: 'lose-next-ack' }
  | { kind: 'acted'; acted: unknown }
  | { kind: 'failed'; error: string };

const [caseName, clientName = ''] = process.argv.slice(2);
const tell = (message: FromActor): void => void process.send?.(message);

try {
  const [setting] = (await once(process, 'message')) as [Omit<Scene, 'loseNextAck'>];
  const tried = cases.find(({ name }) => name === caseName);
  const entrant = entrants[clientName];
  if (!tried || !entrant) throw new Error(`no case ${caseName} or client ${clientName}`);
  const loseNextAck = async (): Promise<void> => {
    const done = once(process, 'message');
    tell({ kind: 'lose-next-ack' });
    await done;
  };
  tell({ kind: 'acted', acted: await tried.act(entrant.client, { ...setting, loseNextAck }) });
} catch (error) {
  tell({ kind: 'failed', error: errorCode(error) });
}
