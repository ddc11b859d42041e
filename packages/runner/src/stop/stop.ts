import { print } from '../say.ts';
import { STOP_HELP } from './help.ts';

/** Tells the process of a pid file to stop, and waits until it has. */
export function stop(_args: readonly string[]): number {
  print(STOP_HELP);
  return 0;
}
