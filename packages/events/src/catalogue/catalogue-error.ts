/**
 * The catalogue contradicts itself: a missing upgrade, an id used twice, an unknown fix. It fails the
 * start.
 */
export class CatalogueError extends Error {
  override readonly name = 'CatalogueError';
  readonly code = 'CATALOGUE';
  readonly retryable = false;
}
