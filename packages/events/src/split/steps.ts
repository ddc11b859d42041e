import type { Refusal } from '../model/reasons.ts';
import type { RefusedRequest, Working } from '../model/request.ts';

/**
 * How many bytes a scan looks at between two steps: one to three milliseconds. A step that parses an event
 * does not take longer, as long as events have at most 256 KiB.
 */
export const bytesPerStep = 1024 * 1024;

export const working: Working = { kind: 'working' };

export function refused(refusal: Refusal): RefusedRequest {
  return { kind: 'refused', refusal };
}
