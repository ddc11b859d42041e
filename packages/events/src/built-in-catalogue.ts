import type { Catalogue } from './catalogue/catalogue.ts';
import { builtInFixes } from './fixes/built-in-fixes.ts';
import { format1 } from './formats/format-1/format-1.ts';
import { upgrade1To2 } from './formats/format-1/upgrade-1-to-2.ts';
import { format2 } from './formats/format-2/format-2.ts';
import { upgrade2To3 } from './formats/format-2/upgrade-2-to-3.ts';
import { format3 } from './formats/format-3/format-3.ts';
import { upgrade3To4 } from './formats/format-3/upgrade-3-to-4.ts';
import { format4 } from './formats/format-4/format-4.ts';
import { defaultLimits } from './catalogue/limits.ts';
import { defaultRules } from './catalogue/rules.ts';

/**
 * The formats, upgrades, fixes and rules that Penstock ships with. They are the default, and the example to
 * copy for a catalogue of your own.
 */
export const builtInCatalogue: Catalogue = {
  formats: [format1, format2, format3, format4],
  upgrades: [upgrade1To2, upgrade2To3, upgrade3To4],
  fixes: builtInFixes,
  rules: defaultRules,
  limits: defaultLimits,
  routes: {},
};
