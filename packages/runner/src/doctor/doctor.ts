import { parseArgs } from 'node:util';
import { reasonOf, Refusal } from '../refusal.ts';
import { print } from '../say.ts';
import { examineFile, fileKinds } from './examine.ts';
import { doctorHelp } from './help.ts';
import { diagnose } from './verdict/diagnose.ts';
import type { Situation } from './verdict/situation.ts';
import { readLiveSituation } from './live/live.ts';
import { asJson, asText } from './report.ts';

/** See doctorHelp; 125 is Refusal's. */
export const doctorCodes = { clean: 0, ill: 1, unknown: 2 } as const;

/**
 * Says who would get the stop signal of a service, and who would kill it when. Returns the exit code.
 * Throws Refusal.
 */
export async function doctor(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (options.help) {
    print(doctorHelp);
    return doctorCodes.clean;
  }
  const needsMs = readNeeds(options.needs ?? '30');
  const situations = await examine(options);
  const diagnoses = situations.map((situation) => diagnose(situation, needsMs));
  print(options.json ? asJson(diagnoses) : asText(diagnoses, needsMs / 1_000));
  if (diagnoses.some(({ ill }) => ill)) return doctorCodes.ill;
  return diagnoses.some(({ unknown }) => unknown) ? doctorCodes.unknown : doctorCodes.clean;
}

type Options = ReturnType<typeof readOptions>;

function readOptions(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        pid: { type: 'string' },
        unit: { type: 'string' },
        compose: { type: 'string' },
        upstart: { type: 'string' },
        supervisord: { type: 'string' },
        init: { type: 'string' },
        run: { type: 'string' },
        needs: { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    });
    return values;
  } catch (error) {
    throw new Refusal(`doctor: ${(error as Error).message}`, 125, error);
  }
}

function readNeeds(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new Refusal(`doctor: --needs ${text}: whole seconds are expected`);
  return Number(text) * 1_000;
}

async function examine(options: Options): Promise<Situation[]> {
  const given = (['pid', ...fileKinds] as const).filter((name) => options[name] !== undefined);
  const [kind] = given;
  if (given.length !== 1 || kind === undefined)
    throw new Refusal(
      'doctor: name one of --pid PID, --unit FILE, --compose FILE, --upstart FILE, --supervisord FILE, ' +
        '--init FILE, --run FILE (see doctor --help)',
    );
  const subject = options[kind]!;
  if (kind === 'pid' && !/^[1-9]\d{0,9}$/.test(subject))
    throw new Refusal(`doctor: --pid ${subject}: a process id is expected`);
  try {
    return kind === 'pid' ? [readLiveSituation(Number(subject))] : await examineFile(kind, subject);
  } catch (error) {
    const reason = {
      ENOENT: 'there is no such thing',
      ESRCH: 'it has just ended',
      EACCES: 'it may not be read: ask as root',
      EISDIR: 'it is a folder',
    }[reasonOf(error)];
    throw new Refusal(`doctor: ${subject}: ${reason ?? (error as Error).message}`, 125, error);
  }
}
