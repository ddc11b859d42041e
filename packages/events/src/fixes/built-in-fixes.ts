import type { Fix } from '../catalogue/fix.ts';
import { leakedAccount } from './clients/leaked-account.ts';
import { repackagedBuild } from './clients/repackaged-build.ts';
import { brokenScreen } from './device/broken-screen.ts';
import { swappedCoordinates } from './device/swapped-coordinates.ts';
import { swappedScreen } from './device/swapped-screen.ts';
import { clonedDevice } from './ids/cloned-device.ts';
import { regeneratedIds } from './ids/regenerated-ids.ts';
import { sentinelIds } from './ids/sentinel-ids.ts';
import { doubleEncodedProperties } from './text/double-encoded-properties.ts';
import { doubleEncodedQuery } from './text/double-encoded-query.ts';
import { literalNul } from './text/literal-nul.ts';
import { mojibake } from './text/mojibake.ts';
import { textBooleans } from './text/text-booleans.ts';
import { buddhistYear } from './times/buddhist-year.ts';
import { epochSeconds } from './times/epoch-seconds.ts';
import { localisedDigits } from './times/localised-digits.ts';
import { monthAsMinute } from './times/month-as-minute.ts';
import { negativeDuration } from './times/negative-duration.ts';
import { referenceDateClock } from './times/reference-date-clock.ts';

/** Those that stop an event come first, then those that others build on: encodings before what they hide. */
export const builtInFixes: readonly Fix[] = [
  ...[repackagedBuild, clonedDevice, monthAsMinute],
  ...[doubleEncodedQuery, doubleEncodedProperties, mojibake, literalNul, leakedAccount],
  ...[epochSeconds, localisedDigits, buddhistYear, referenceDateClock, negativeDuration],
  ...[sentinelIds, regeneratedIds, brokenScreen, swappedScreen, swappedCoordinates, textBooleans],
];
