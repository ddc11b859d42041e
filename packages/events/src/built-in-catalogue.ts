import type { Catalogue } from './catalogue.ts';
import { defaultLimits } from './limits.ts';
import { defaultRules } from './rules.ts';

/** The formats, upgrades, fixes and rules that Penstock comes with. */
export const builtInCatalogue: Catalogue = {
  formats: [],
  upgrades: [],
  fixes: [],
  rules: defaultRules,
  limits: defaultLimits,
  routes: {},
};
