import { saslAuthenticateV2, saslHandshakeV1 } from '@platformatic/kafka';
import { wireRequest } from './define.ts';

/** SaslHandshake v1 (KIP-43, KIP-152): the tokens that follow travel in SaslAuthenticate requests. Never flexible. */
export const saslHandshakeRequest = wireRequest(17, 1, saslHandshakeV1, {
  flexibleRequestHeader: false,
  flexibleResponseHeader: false,
});

/** SaslAuthenticate v2: one token there, one back, and how long the session lasts, ms; 0 for ever (KIP-368). */
export const saslAuthenticateRequest = wireRequest(36, 2, saslAuthenticateV2);
