import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { type Route, route } from './http.ts';
import type { Teams } from './teams.ts';

const Manifest = z.object({ icons: z.object({ color: z.string().regex(/^[\w-]+\.png$/) }) });

/** Where the manifest names none. */
const noIcon = Buffer.from(
  "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'><rect width='32' height='32' fill='#5a5a5a'/><circle cx='16' cy='16' r='7' fill='#fff'/></svg>",
);

/** `GET /client/icon`: what Teams shows beside the bot's words, from the app manifest. */
export function appIcon(teams: Teams): Route {
  return route('GET', '/client/icon', () => {
    const icon = iconOf(teams.options.manifestFile);
    const type = icon === null ? 'image/svg+xml' : 'image/png';
    const headers = { 'content-type': type, 'cache-control': 'max-age=600' };
    return { status: 200, bytes: icon ?? noIcon, headers };
  });
}

function iconOf(manifestFile: string | undefined): Buffer | null {
  if (manifestFile === undefined || !existsSync(manifestFile)) return null;
  const manifest = Manifest.safeParse(JSON.parse(readFileSync(manifestFile, 'utf8'))).data;
  const icon = join(dirname(manifestFile), manifest?.icons.color ?? '');
  return manifest !== undefined && existsSync(icon) ? readFileSync(icon) : null;
}
