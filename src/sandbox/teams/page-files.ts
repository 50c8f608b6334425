import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Answer, type Route, route } from './http.ts';

/** The page may load nothing but what this server serves. Styles in elements are how the card renderer draws. */
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
  js: 'text/javascript; charset=utf-8',
} as const;

const pageFolder = join(dirname(fileURLToPath(import.meta.url)), 'page');
const packageFolder = (name: string): string => dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));

/** The page's own files, listed at start: nothing else of the disk can be asked for. */
const pageFiles = readdirSync(pageFolder).filter((name) => /^[a-z-]+\.(css|js)$/.test(name));

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

function file(path: string): Answer {
  const ending = path.slice(path.lastIndexOf('.') + 1);
  const type = ending in types ? types[ending as keyof typeof types] : 'application/octet-stream';
  const headers = {
    'content-type': type,
    'cache-control': 'no-cache',
    'content-security-policy': contentSecurityPolicy,
    'referrer-policy': 'no-referrer',
  };
  return { status: 200, bytes: readFileSync(path), headers };
}
