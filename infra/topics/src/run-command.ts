/**
 * Reads the command line and acts on it: wrong usage is said with the help and ends with 2, `--help` prints
 * it, and what is thrown is said in a line and ends with 1. `read` answers a sentence for wrong usage, and
 * may throw one, as parseArgs does.
 */
export async function runCommand<U extends { help: boolean }>(
  help: string,
  read: () => U | string,
  act: (usage: U) => Promise<number>,
): Promise<number> {
  const usage = attempt(read);
  if (typeof usage === 'string') {
    process.stderr.write(`${usage}\n\n${help}`);
    return 2;
  }
  if (usage.help) {
    process.stdout.write(help);
    return 0;
  }
  try {
    return await act(usage);
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    return 1;
  }
}

function attempt<U>(read: () => U): U | string {
  try {
    return read();
  } catch (error) {
    return messageOf(error);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
