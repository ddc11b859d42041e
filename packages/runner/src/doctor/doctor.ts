import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { reasonOf, Refusal } from '../refusal.ts';
import { readPart } from '../run/exec/executable.ts';
import { shellScriptProblem } from '../shell-wrapper.ts';
import { print } from '../say.ts';
import { readComposeFile } from './supervisor/compose.ts';
import { diagnose } from './judge/diagnose.ts';
import { DOCTOR_HELP } from './help.ts';
import { readLiveSituation } from './live/live.ts';
import { asJson, asText } from './report.ts';
import type { Situation } from './judge/situation.ts';
import { readSystemdUnit } from './supervisor/systemd-unit.ts';
import { readUpstartJob } from './supervisor/upstart.ts';

/** Says who would get the stop signal of a service, and who would kill it when. 0: all well, 1: ill. Throws Refusal. */
export async function doctor(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (options.help) {
    print(DOCTOR_HELP);
    return 0;
  }
  const needsMs = readNeeds(options.needs ?? '30');
  const situations = await examine(options);
  const diagnoses = situations.map((situation) => diagnose(situation, needsMs));
  print(options.json ? asJson(diagnoses) : asText(diagnoses));
  return diagnoses.some(({ ill }) => ill) ? 1 : 0;
}

/** What the file starts may be a script of this machine: one that does not exec is a parent that no command line shows. */
function withScript(situation: Situation): Situation {
  const path = situation.chains[0]?.chain.service[0] ?? '';
  if (!path.startsWith('/')) return situation;
  const text = shellScriptProblem(path, readPart(path, 0, 65_536)?.toString('latin1') ?? '');
  return text === undefined
    ? situation
    : { ...situation, remarks: [...situation.remarks, { kind: 'note', text }] };
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
        needs: { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    });
    return values;
  } catch (error) {
    throw new Refusal(`doctor: ${(error as Error).message}`);
  }
}

function readNeeds(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new Refusal(`doctor: --needs ${text}: whole seconds are expected`);
  return Number(text) * 1_000;
}

async function examine({ pid, unit, compose, upstart }: Options): Promise<Situation[]> {
  const given = [pid, unit, compose, upstart].filter((value) => value !== undefined);
  if (given.length !== 1)
    throw new Refusal(
      'doctor: name one of --pid PID, --unit FILE, --compose FILE, --upstart FILE (see doctor --help)',
    );
  const subject = given[0]!;
  if (pid !== undefined && !/^[1-9]\d{0,9}$/.test(pid))
    throw new Refusal(`doctor: --pid ${pid}: a process id is expected`);
  try {
    if (pid !== undefined) return [readLiveSituation(Number(pid))];
    const text = readFileSync(subject, 'utf8');
    if (compose !== undefined) return await readComposeFile(subject, text);
    return [withScript(unit === undefined ? readUpstartJob(subject, text) : readSystemdUnit(subject, text))];
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
