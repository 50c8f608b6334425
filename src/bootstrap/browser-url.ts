/** The bot's URL for browsers. */
import type { Config } from '../config/config.ts';

/** Returns the URL without a final slash. Null: not reachable. The sandbox is reachable from its own machine. */
export function browserUrl({ server }: Pick<Config, 'server'>): string | null {
  if (server.publicUrl !== null) return server.publicUrl;
  return server.mode === 'local' ? `http://127.0.0.1:${server.port}` : null;
}
