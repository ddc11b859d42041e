/**
 * Why Kafka would not make topics of these names beside those that exist, in words; empty when it would. A
 * broker answers for all of a request's topics with one bare error, and what the requests before it made
 * stays there.
 */
export function refusedNames(names: readonly string[], existing: readonly string[]): string[] {
  const known = new Set(existing);
  const likeOf = new Map(existing.map((name) => [oneInMetrics(name), name]));
  return [...new Set(names)].flatMap((name) => {
    if (known.has(name)) return [];
    if (name.length > nameLengthMax) {
      const length = `topic ${name} has ${name.length} characters, and Kafka takes ${nameLengthMax}`;
      return [`${length}: give the link a shorter name, or leave this topic out`];
    }
    const like = likeOf.get(oneInMetrics(name));
    if (like === undefined) return [];
    return [
      `topic ${name}: the target has ${like}, and Kafka takes only one of two names that differ in dots ` +
        'and underscores alone: choose another (PENSTOCK_MIRROR_NAMING, ..._LINK), or leave it out',
    ];
  });
}

const nameLengthMax = 249;

/** Kafka's metrics have an underscore for each dot, so it keeps such names apart (Topic.hasCollision). */
function oneInMetrics(name: string): string {
  return name.replaceAll('.', '_');
}
