import { saslAuthenticateRequest, saslHandshakeRequest } from '../requests/sasl.ts';
import type { Api } from '../requests/define.ts';
import { errorName, KafkaError } from './errors.ts';
import { scram } from './scram.ts';
import type { SaslOptions } from './security.ts';

/** One request on the connection that is to be authenticated. */
export type Ask = <A extends readonly unknown[], R>(api: Api<A, R>, args: A) => Promise<R>;

/**
 * Proves who we are on a connection, the first time or again (KIP-368). Resolves with how long the broker believes it, ms: Infinity
 * unless it sets connections.max.reauth.ms. What it refuses is a KafkaError that is not retryable: the same
 * password will be as wrong the next time. No error holds the password.
 */
export async function authenticate(address: string, sasl: SaslOptions, ask: Ask): Promise<number> {
  const { mechanism, username, password } = sasl;
  const handshake = await ask(saslHandshakeRequest, [mechanism]);
  if (handshake.errorCode !== 0) throw noHandshake(address, sasl, handshake);
  let sessionLifetimeMs = 0;
  const exchange = async (message: string): Promise<string> => {
    const answer = await ask(saslAuthenticateRequest, [Buffer.from(message)]);
    if (answer.errorCode !== 0) {
      const told = answer.errorMessage ?? '';
      throw refused(errorName(answer.errorCode), address, sasl, told);
    }
    sessionLifetimeMs = Number(answer.sessionLifetimeMs);
    return answer.authBytes.toString();
  };
  if (mechanism === 'PLAIN') {
    await exchange(`\0${username}\0${password}`);
  } else {
    const hash = mechanism === 'SCRAM-SHA-256' ? 'sha256' : 'sha512';
    try {
      await scram({ hash, username, password }, exchange);
    } catch (error) {
      if (error instanceof KafkaError) throw error;
      const told = error instanceof Error ? error.message : String(error);
      throw refused('SASL_AUTHENTICATION_FAILED', address, sasl, told);
    }
  }
  return sessionLifetimeMs > 0 ? sessionLifetimeMs : Infinity;
}

function noHandshake(
  address: string,
  { mechanism }: SaslOptions,
  answer: { errorCode: number; mechanisms: readonly string[] },
): KafkaError {
  const code = errorName(answer.errorCode);
  const known = answer.mechanisms.join(', ');
  const message =
    code === 'UNSUPPORTED_SASL_MECHANISM'
      ? `${address} does not take ${mechanism}; it takes ${known || 'none'}`
      : `${address} does not want SASL on this listener: connect to another one, or without user and password`;
  return new KafkaError(code, message, { retryable: false });
}

function refused(
  code: string,
  address: string,
  { mechanism, username }: SaslOptions,
  told: string,
): KafkaError {
  const message = `${address} refuses the user "${username}" by ${mechanism} (${told}): check user and password`;
  return new KafkaError(code, message, { retryable: false });
}
