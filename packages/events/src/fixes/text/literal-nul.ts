import type { Fix } from '../../catalogue/fix.ts';
import type { JsonObject } from '../../model/json.ts';
import type { FormatNumber } from '../../model/request.ts';
import { withProperties } from '../event-paths.ts';
import { examplesIn } from '../example-events.ts';

const literal = '\\u0000';

/**
 * The client escaped its texts twice, so that a NUL arrives as the six characters \u0000. Databases that
 * read the text as JSON later make a NUL of it, which they refuse. A real NUL is taken out for every
 * client, see `normalise-text`.
 */
export const literalNul: Fix = {
  id: 'literal-nul',
  issue: 'Texts hold the six characters \\u0000 (as posthog#25507, getsentry/sentry#10752)',
  clients: [{ name: 'penstock-web', versions: '>=2.0.0 <2.3.0' }],
  types: null,
  formats: [1, 2],
  outcome: 'repair',
  detect: (event, { format }) => withoutLiteral(event, format) !== event,
  apply: (event, { format }) => withoutLiteral(event, format),
  since: '2026-11-28',
  retireWhen: 'no penstock-web before 2.3.0 has been seen for 90 days',
  examples: examplesIn([1, 2], {
    ...{ client: 'penstock-web', version: '2.2.8', outside: '2.3.0' },
    broken: { properties: { title: 'a\\u0000b\\u0000', page: '/' } },
    repaired: { properties: { title: 'ab', page: '/' } },
    healthy: { properties: { title: 'a\\u0001b', page: '/' } },
  }),
};

function withoutLiteral(event: JsonObject, format: FormatNumber): JsonObject {
  return withProperties(event, format, (_name, value) =>
    typeof value === 'string' ? value.replaceAll(literal, '') : value,
  );
}
