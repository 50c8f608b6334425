/** The files of the page, and what it takes from the app manifest. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { type Reply, reply } from '../http.ts';
import { ok, type Route, route } from './server.ts';
import type { Teams } from './teams.ts';

/** The page can load only what this server serves. The card renderer needs style attributes. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "style-src-attr 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const types = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  ts: 'text/javascript; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
} as const;

const pageFolder = join(dirname(fileURLToPath(import.meta.url)), 'page');
const packageFolder = (name: string): string => dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));

/** The page's files, listed at start, so that no other file can be requested. */
const pageFiles = readdirSync(pageFolder).filter((name) => /^[a-z-]+\.(css|ts)$/.test(name));

const libraries: Readonly<Record<string, () => string>> = {
  '/lib/adaptivecards.js': () => join(packageFolder('adaptivecards'), 'dist', 'adaptivecards.min.js'),
  '/lib/markdown-it.js': () => join(packageFolder('markdown-it'), 'dist', 'browser', 'markdown-it.umd.min.js'),
};

export function pageRoutes(): Route[] {
  return [
    route('GET', '/', () => file(join(pageFolder, 'index.html'))),
    ...pageFiles.map((name) => route('GET', `/page/${name}`, () => file(join(pageFolder, name)))),
    ...Object.entries(libraries).map(([path, find]) => route('GET', path, () => file(find()))),
  ];
}

/** Scripts of the page are sent without their types. */
async function file(path: string): Promise<Reply> {
  const ending = path.slice(path.lastIndexOf('.') + 1);
  const type = ending in types ? types[ending as keyof typeof types] : 'application/octet-stream';
  const headers = {
    'content-type': type,
    'cache-control': 'no-cache',
    'content-security-policy': contentSecurityPolicy,
    'referrer-policy': 'no-referrer',
  };
  if (ending !== 'ts') return reply(200, readFileSync(path), headers);
  const { transform } = await import('esbuild');
  const { code } = await transform(readFileSync(path, 'utf8'), { loader: 'ts', target: 'es2023' });
  return reply(200, code, headers);
}

const Manifest = z.object({
  icons: z.object({ color: z.string().regex(/^[\w-]+\.png$/) }).catch({ color: '' }),
  bots: z.array(
    z.object({
      commandLists: z
        .array(z.object({ commands: z.array(z.object({ title: z.string(), description: z.string().default('') })) }))
        .default([]),
    }),
  ),
});

/** Returns the app manifest; null without one. */
function manifestOf({ options: { manifest: file } }: Teams): z.infer<typeof Manifest> | null {
  return file === undefined || !existsSync(file) ? null : Manifest.parse(JSON.parse(readFileSync(file, 'utf8')));
}

/** `GET /client/commands`: the commands of the `/` menu, from the app manifest; empty without one. */
export function clientCommands(teams: Teams): Route {
  return route('GET', '/client/commands', () => {
    const lists = (manifestOf(teams)?.bots ?? []).flatMap(({ commandLists }) => commandLists);
    // Teams shows the slash, whether the manifest's title has one or not.
    const all = lists.flatMap(({ commands }) => commands.map((one) => ({ ...one, title: slash(one.title) })));
    return ok([...new Map(all.map((one) => [one.title, one])).values()]);
  });
}

const slash = (title: string): string => (title.startsWith('/') ? title : `/${title}`);

/** Used without a manifest. */
const noIcon =
  "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'><rect width='32' height='32' fill='#5a5a5a'/><circle cx='16' cy='16' r='7' fill='#fff'/></svg>";

/** `GET /client/icon`: the bot's icon, from the app manifest. */
export function appIcon(teams: Teams): Route {
  return route('GET', '/client/icon', () => {
    const { manifest } = teams.options;
    const icon = join(dirname(manifest ?? ''), manifestOf(teams)?.icons.color ?? '');
    const isThere = icon.endsWith('.png') && existsSync(icon);
    const headers = { 'content-type': isThere ? 'image/png' : 'image/svg+xml', 'cache-control': 'max-age=600' };
    return reply(200, isThere ? readFileSync(icon) : noIcon, headers);
  });
}
