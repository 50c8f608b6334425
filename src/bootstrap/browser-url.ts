/** Where browsers reach the bot. */
import type { Config } from '../config/config.ts';

/** Without a final slash; null: nowhere. On a trial its own machine's browsers do. */
export function browserUrl({ server }: Pick<Config, 'server'>): string | null {
  if (server.publicUrl !== null) return server.publicUrl;
  return server.mode === 'local' ? `http://127.0.0.1:${server.port}` : null;
}
