import { print } from '../say.ts';
import { DOCTOR_HELP } from './help.ts';

/** Says who would get the stop signal of a service, and who would kill it when. Returns the exit code. */
export function doctor(_args: readonly string[]): number {
  print(DOCTOR_HELP);
  return 0;
}
