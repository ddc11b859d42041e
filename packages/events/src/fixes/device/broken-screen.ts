import type { Fix } from '../../catalogue/fix.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../model/json.ts';
import { valueAt, withValueAt } from '../event-paths.ts';
import { examplesIn } from '../example-events.ts';

const screenMax = 100_000;

/**
 * Browsers that zoom report fractions of pixels, hidden frames negative sizes, and half-loaded pages NaN.
 * Fractions are rounded down. What is not a size at all is removed.
 */
export const brokenScreen: Fix = {
  id: 'broken-screen',
  issue:
    'The screen is "NaNxNaN", "0x-56" or "1079.0012x980.2" (as snowplow-javascript-tracker#488, #544, #1404)',
  clients: [{ name: 'penstock-web', versions: '<2.5.0' }],
  types: null,
  formats: [1, 2],
  outcome: 'repair',
  detect: (event, { format }) => {
    const screen = valueAt(event, pathOf(format));
    return format === 1 ? isBrokenText(screen) : isBrokenSize(screen);
  },
  apply: (event, { format }) => {
    const screen = valueAt(event, pathOf(format));
    return withValueAt(event, pathOf(format), format === 1 ? repairedText(screen) : repairedSize(screen));
  },
  since: '2026-11-23',
  retireWhen: 'no penstock-web before 2.5.0 has been seen for 90 days',
  examples: [
    ...examplesIn([1], {
      ...{ client: 'penstock-web', version: '2.4.1', outside: '2.5.0' },
      broken: { screen: '1079.0012x980.2' },
      repaired: { screen: '1079x980' },
      healthy: { screen: '1079x980' },
    }),
    ...examplesIn([2], {
      ...{ client: 'penstock-web', version: '2.4.1', outside: '2.5.0' },
      broken: { screen: { width: 1079.0012, height: 980.2 } },
      repaired: { screen: { width: 1079, height: 980 } },
      healthy: { screen: { width: 1079, height: 980 } },
    }),
    ...examplesIn([2], {
      ...{ client: 'penstock-web', version: '2.4.1', outside: '2.5.0' },
      broken: { screen: { width: null, height: -56 } },
      repaired: {},
      healthy: {},
    }),
  ],
};

function pathOf(format: number): readonly string[] {
  return format === 1 ? ['res'] : ['context', 'device', 'screen'];
}

/** A text without an "x" is not this bug. The strict reader refuses it. */
function isBrokenText(screen: JsonValue | undefined): boolean {
  return (
    typeof screen === 'string' && /^[^x]{1,40}x[^x]{1,40}$/.test(screen) && repairedText(screen) !== screen
  );
}

function repairedText(screen: JsonValue | undefined): string | undefined {
  const size = typeof screen === 'string' ? screen.split('x') : [];
  const [width, height] = size.map((side) =>
    /^\d{1,10}(\.\d{1,20})?$/.test(side) ? Math.floor(Number(side)) : 0,
  );
  return isSide(width) && isSide(height) ? `${width}x${height}` : undefined;
}

/** JSON has no NaN, so clients wrote null. */
function isBrokenSize(screen: JsonValue | undefined): boolean {
  return isJsonObject(screen) && !(isSide(screen.width) && isSide(screen.height));
}

function repairedSize(screen: JsonValue | undefined): JsonObject | undefined {
  if (!isJsonObject(screen)) return undefined;
  const { width, height } = screen;
  if (typeof width !== 'number' || typeof height !== 'number') return undefined;
  const size = { width: Math.floor(width), height: Math.floor(height) };
  return isSide(size.width) && isSide(size.height) ? size : undefined;
}

function isSide(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) > 0 && (value as number) <= screenMax;
}
