import { saslAuthenticateV2, saslHandshakeV1 } from '../wire-library.ts';
import { defineRequest } from './define.ts';
import type { FrameReader } from './frame-reader.ts';

/**
 * SaslHandshake v1 (KIP-43, KIP-152): SaslAuthenticate requests carry the tokens that follow. It is never
 * flexible.
 */
export const saslHandshakeRequest = defineRequest(
  17,
  1,
  saslHandshakeV1.createRequest,
  (reader: FrameReader) => ({
    errorCode: reader.readInt16(),
    mechanisms: reader.readArray(() => reader.readString(false), false, false),
  }),
  { flexibleRequestHeader: false, flexibleResponseHeader: false },
);

/** SaslAuthenticate v2: one token each way, and how long the session lasts, ms; 0: for ever (KIP-368). */
export const saslAuthenticateRequest = defineRequest(
  36,
  2,
  saslAuthenticateV2.createRequest,
  (reader: FrameReader) => {
    const answer = {
      errorCode: reader.readInt16(),
      errorMessage: reader.readNullableString(),
      authBytes: reader.readBytes(),
      sessionLifetimeMs: reader.readInt64(),
    };
    reader.readTaggedFields();
    return answer;
  },
);
