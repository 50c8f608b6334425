import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { type Answer, type Route, route } from './http.ts';
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
async function file(path: string): Promise<Answer> {
  const ending = path.slice(path.lastIndexOf('.') + 1);
  const type = ending in types ? types[ending as keyof typeof types] : 'application/octet-stream';
  const headers = {
    'content-type': type,
    'cache-control': 'no-cache',
    'content-security-policy': contentSecurityPolicy,
    'referrer-policy': 'no-referrer',
  };
  if (ending !== 'ts') return { status: 200, bytes: readFileSync(path), headers };
  const { transform } = await import('esbuild');
  const { code } = await transform(readFileSync(path, 'utf8'), { loader: 'ts', target: 'es2023' });
  return { status: 200, bytes: Buffer.from(code), headers };
}

const Manifest = z.object({ icons: z.object({ color: z.string().regex(/^[\w-]+\.png$/) }) });

/** Used if the manifest names no icon. */
const noIcon = Buffer.from(
  "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'><rect width='32' height='32' fill='#5a5a5a'/><circle cx='16' cy='16' r='7' fill='#fff'/></svg>",
);

/** `GET /client/icon`: the bot's icon, from the app manifest. */
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
