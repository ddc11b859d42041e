/** (uid_t)-1 means "leave unchanged" to the kernel: 4294967295 is no user, and setpriv turns it into root. */
const idMax = 4_294_967_294;

/** What --user, --groups and their parts may say: a name to look up, or a decimal. */
export type Id = { kind: 'name'; name: string } | { kind: 'number'; number: number };

/**
 * Strict on purpose. Other tools turn these into root: '' (gosu, su-exec, chroot), '4294967296' and '-1'
 * (su-exec and setpriv wrap to 0), '0day' (systemd#6237); and '4foo' into uid 4 (OpenRC#379). Returns the
 * problem as a string.
 */
export function parseId(text: string, what: string): Id | string {
  if (text === '') return `${what} is empty`;
  const number = parseDecimal(text);
  if (number !== undefined) {
    if (number > idMax) return `${what} ${text} is above ${idMax}`;
    return { kind: 'number', number };
  }
  if (/^[A-Za-z_][A-Za-z0-9_.@-]{0,254}\$?$/.test(text)) return { kind: 'name', name: text };
  return (
    `${what} ${JSON.stringify(text)} is neither a name nor a decimal number. ` +
    'Give an account with another kind of name (DOMAIN\\name, letters beyond ASCII) as UID:GID; ' +
    'id(1) tells them'
  );
}

/** Digits only: no sign, space, exponent or leading zero. Undefined when it is anything else. */
export function parseDecimal(text: string): number | undefined {
  if (!/^(0|[1-9][0-9]*)$/.test(text)) return undefined;
  return Number(text);
}

export interface UserSpec {
  user: Id;
  /** Undefined only for a named user: his primary group. */
  group: Id | undefined;
}

/**
 * `kafka`, `kafka:ingest`, `65534:65534`. A bare number is refused: without an account its group would be
 * 0, as in gosu and su-exec.
 */
export function parseUserSpec(text: string): UserSpec | string {
  const parts = text.split(':');
  if (parts.length > 2) return `--user ${JSON.stringify(text)} has more than one colon`;
  const user = parseId(parts[0] ?? '', 'the user');
  if (typeof user === 'string') return user;
  if (parts[1] === undefined) {
    if (user.kind === 'name') return { user, group: undefined };
    return `the user ${text} is a number without a group: say --user ${text}:GROUP`;
  }
  const group = parseId(parts[1], 'the group');
  return typeof group === 'string' ? group : { user, group };
}
