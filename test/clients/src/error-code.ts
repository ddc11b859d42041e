/** Kafka's name for what went wrong, wherever a client keeps it; else what the client says. */
export function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  for (let at: unknown = error; at instanceof Error; at = at.cause ?? firstOf(at)) {
    const named = at as Error & { type?: string; code?: string; apiId?: string };
    const name = named.apiId ?? named.type ?? named.code;
    if (name && /^[A-Z_]+$/.test(name) && !name.startsWith('PLT_')) return name;
  }
  return error.message.slice(0, 80);
}

function firstOf(error: Error): unknown {
  return 'errors' in error && Array.isArray(error.errors) ? error.errors[0] : undefined;
}
