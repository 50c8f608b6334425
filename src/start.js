/** `npm start`: what `npm run build` made; where nothing was built, the sources as they are. */
import { existsSync } from 'node:fs';

const built = new URL('../dist/cmk-bot-server.mjs', import.meta.url);
if (existsSync(built)) {
  await import(built.href);
} else {
  const { register } = await import('tsx/esm/api');
  register();
  await import('./main.ts');
}
