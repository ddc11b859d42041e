import { createHash, createHmac, pbkdf2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';

const deriveKey = promisify(pbkdf2);

/** With more, a fake broker could keep this process busy. Kafka itself uses 16 384 at most. */
const iterationsMax = 1_000_000;

/** With fewer, the password could be guessed from the messages on the wire (RFC 5802, 9.1). */
const iterationsMin = 4_096;

export interface ScramCredentials {
  hash: 'sha256' | 'sha512';
  username: string;
  password: string;
  /** For the test vectors of RFC 7677. Default: random. */
  nonce?: string;
}

/**
 * The client's side of SCRAM (RFC 5802), without channel binding. `exchange` sends one message to the server
 * and resolves with its answer. Resolves when both sides have proved that they know the password; throws
 * Error when the server has not.
 */
export async function scram(
  credentials: ScramCredentials,
  exchange: (message: string) => Promise<string>,
): Promise<void> {
  const { hash, password } = credentials;
  const nonce = credentials.nonce ?? randomBytes(24).toString('base64url');
  const name = credentials.username.replaceAll('=', '=3D').replaceAll(',', '=2C');
  const clientFirst = `n=${name},r=${nonce}`;
  const serverFirst = await exchange(`n,,${clientFirst}`);
  const asked = attributes(serverFirst);
  const bothNonces = asked.get('r') ?? '';
  const iterations = Number(asked.get('i'));
  if (!bothNonces.startsWith(nonce) || bothNonces === nonce)
    throw new Error('the nonce of the server is wrong');
  if (!(iterations >= iterationsMin && iterations <= iterationsMax)) {
    throw new Error(`the server asks for ${iterations} iterations, not ${iterationsMin} to ${iterationsMax}`);
  }
  const salt = Buffer.from(asked.get('s') ?? '', 'base64');
  const keyBytes = hash === 'sha256' ? 32 : 64;
  const salted = await deriveKey(password, salt, iterations, keyBytes, hash);
  const sign = (key: Buffer, text: string): Buffer => createHmac(hash, key).update(text).digest();
  const clientFinal = `c=biws,r=${bothNonces}`;
  const conversation = `${clientFirst},${serverFirst},${clientFinal}`;
  const clientKey = sign(salted, 'Client Key');
  const proof = sign(createHash(hash).update(clientKey).digest(), conversation);
  for (const [at, byte] of clientKey.entries()) proof[at]! ^= byte;
  const last = attributes(await exchange(`${clientFinal},p=${proof.toString('base64')}`));
  const expected = sign(sign(salted, 'Server Key'), conversation).toString('base64');
  if (last.get('v') !== expected) throw new Error('the server does not know the password');
}

function attributes(message: string): Map<string, string> {
  return new Map(message.split(',').map((part) => [part.slice(0, 1), part.slice(2)]));
}
