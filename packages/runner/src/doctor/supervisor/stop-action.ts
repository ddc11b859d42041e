/** What a stop command does, step by step. */
export type StopAction =
  | { does: 'tells'; whom: 'service' | 'main' }
  | { does: 'kills' }
  | { does: 'pauses'; ms: number }
  /** It asks again and again whether the service has ended. */
  | { does: 'waits'; boundMs?: number }
  /** It tells, waits that long, and kills. */
  | { does: 'tells and kills'; afterMs: number }
  /** A program of the service's own, which is taken to tell it. */
  | { does: 'asks'; waits: 'yes' | 'no' | 'unknown' }
  /** It may do anything, KILL too. */
  | { does: 'unclear'; because: string };
