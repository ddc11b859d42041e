/**
 * Where the one-pass reader keeps what it found: each field of an event, whatever its name in the client's
 * format, has a slot. There are at most 31, so that one integer tells which were there.
 */
export const slot = {
  id: 0,
  type: 1,
  time: 2,
  sent: 3,
  name: 4,
  version: 5,
  platform: 6,
  os: 7,
  osVersion: 8,
  locale: 9,
  user: 10,
  device: 11,
  session: 12,
  source: 13,
  screenText: 14,
  latText: 15,
  lonText: 16,
  width: 17,
  height: 18,
  lat: 19,
  lon: 20,
  client: 21,
  screen: 22,
  location: 23,
  properties: 24,
  context: 25,
  deviceObject: 26,
  userObject: 27,
  sessionObject: 28,
  ignored: 29,
} as const;

export const slotCount = 30;

export function bitOf(of: number): number {
  return 1 << of;
}
