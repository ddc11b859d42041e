import { errorName, KafkaError } from '../errors/errors.ts';
import type { ErrorCode } from '../errors/errors.ts';
import type { Api } from '../requests/define.ts';
import { saslAuthenticateRequest, saslHandshakeRequest } from '../requests/sasl.ts';
import { scram } from './scram.ts';
import type { SaslOptions } from './security.ts';

/** Sends one request on the connection that is being authenticated. */
export type Ask = <A extends readonly unknown[], R>(api: Api<A, R>, args: A) => Promise<R>;

/**
 * Authenticates a connection, for the first time or again (KIP-368). Resolves with how long the session
 * lasts, ms: Infinity unless the broker sets connections.max.reauth.ms. A refusal is a KafkaError that is not
 * retryable, because the same password will be just as wrong the next time. No error contains the password.
 */
export async function authenticate(address: string, sasl: SaslOptions, ask: Ask): Promise<number> {
  const { mechanism, username, password } = sasl;
  const handshake = await ask(saslHandshakeRequest, [mechanism]);
  if (handshake.errorCode !== 0) throw noHandshake(address, sasl, handshake);
  let sessionLifetimeMs = 0;
  const exchange = async (message: string): Promise<string> => {
    const answer = await ask(saslAuthenticateRequest, [Buffer.from(message)]);
    if (answer.errorCode !== 0) {
      throw refused(errorName(answer.errorCode), address, sasl, answer.errorMessage ?? '');
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
      const reason = error instanceof Error ? error.message : String(error);
      throw refused('SASL_AUTHENTICATION_FAILED', address, sasl, reason);
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
      ? `${address} does not offer ${mechanism}; it offers ${known || 'nothing'}`
      : `${address} has no SASL on this listener: use another listener, or no user and password`;
  return new KafkaError(code, message, { retryable: false });
}

function refused(
  code: ErrorCode,
  address: string,
  { mechanism, username }: SaslOptions,
  reason: string,
): KafkaError {
  const message =
    `${address} refuses the user "${username}" with ${mechanism} (${reason}): ` + 'check user and password';
  return new KafkaError(code, message, { retryable: false });
}
