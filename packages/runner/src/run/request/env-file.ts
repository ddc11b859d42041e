/** A variable as the service gets it. */
export type Variable = readonly [name: string, value: string];

const variableName = /^[A-Za-z_][A-Za-z0-9_.-]*$/;

export function isVariableName(name: string): boolean {
  return variableName.test(name);
}

/**
 * `NAME=VALUE`, of --env and of a line in a file. Undefined when it is something else. The caller writes
 * the message, which must not show the value.
 */
export function parseVariable(text: string): Variable | undefined {
  const at = text.indexOf('=');
  const name = text.slice(0, Math.max(at, 0));
  return isVariableName(name) && !text.includes('\0') ? [name, text.slice(at + 1)] : undefined;
}

/**
 * Lines of NAME=VALUE; empty lines and lines starting with # are skipped. The value is everything after the
 * first `=`, as it stands: no expansion and no quotes. systemd strips quotes and docker does not, so a
 * value that starts with one is refused. Problems name the line and never show it: the file holds secrets,
 * and is read as root from a path that somebody may have linked elsewhere.
 */
export function parseEnvFile(text: string, path: string): { variables: Variable[]; problems: string[] } {
  const variables: Variable[] = [];
  const problems: string[] = [];
  for (const [index, line] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    if (line.trim() === '' || line.trimStart().startsWith('#')) continue;
    const variable = parseVariable(line);
    if (!variable) problems.push(`${path} line ${index + 1}: not NAME=VALUE`);
    else if (/^["']/.test(variable[1]))
      problems.push(`${path} line ${index + 1}: write the value without quotes`);
    else variables.push(variable);
  }
  return { variables, problems };
}
