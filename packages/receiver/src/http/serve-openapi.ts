import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import { openApi } from '../api/openapi.ts';

/**
 * Serves what the routes' schemas say, at /openapi.json. Before the routes: it collects them as they are
 * declared. `asksForKeys`: whether clients need an API key.
 */
export async function serveOpenApi(app: FastifyInstance, asksForKeys: boolean): Promise<void> {
  await app.register(swagger, { openapi: { openapi: '3.1.0', ...openApi(asksForKeys) } });
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger());
}
