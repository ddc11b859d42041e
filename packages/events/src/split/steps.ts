import type { Refusal } from '../model/reasons.ts';
import type { RefusedRequest, Working } from '../model/request.ts';

/**
 * How many bytes a scan looks at between two steps: less than a millisecond on an idle core, 15 on one that
 * many share. A step that parses an event takes longer only if the event has more bytes.
 */
export const bytesPerStep = 256 * 1024;

export const working: Working = { kind: 'working' };

export function refused(refusal: Refusal): RefusedRequest {
  return { kind: 'refused', refusal };
}
