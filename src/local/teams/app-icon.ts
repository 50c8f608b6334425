import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { HttpProblem, type Route, route } from './http.ts';
import type { Teams } from './teams.ts';

const Manifest = z.object({ icons: z.object({ color: z.string().regex(/^[\w-]+\.png$/) }) });

/** `GET /client/icon`: what Teams shows beside the bot's words, from the app manifest. */
export function appIcon(teams: Teams): Route {
  return route('GET', '/client/icon', () => {
    const bytes = iconOf(teams.options.manifestFile);
    if (bytes === null) throw new HttpProblem(404, 'NotFound', 'the app manifest names no icon');
    return { status: 200, bytes, headers: { 'content-type': 'image/png', 'cache-control': 'max-age=600' } };
  });
}

function iconOf(manifestFile: string | undefined): Buffer | null {
  if (manifestFile === undefined || !existsSync(manifestFile)) return null;
  const manifest = Manifest.safeParse(JSON.parse(readFileSync(manifestFile, 'utf8'))).data;
  const icon = join(dirname(manifestFile), manifest?.icons.color ?? '');
  return manifest !== undefined && existsSync(icon) ? readFileSync(icon) : null;
}
