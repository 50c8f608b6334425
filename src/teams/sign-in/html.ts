/** Renders the sign-in pages: no script, no external resources, all text escaped. */
import { createHash } from 'node:crypto';
import { escapeHtml } from '../../domain/strings.ts';
import { label } from '../cards/plain-text.ts';

export interface PageAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

interface PageWords {
  readonly status: number;
  readonly tone: 'ask' | 'good' | 'bad';
  readonly title: string;
  readonly lines: readonly string[];
  readonly facts?: readonly (readonly [string, string])[];
  readonly button?: { readonly title: string; readonly url: string };
  readonly note?: string;
}

const style = `
:root { color-scheme: light dark; --page: #f0f0f0; --card: #fff; --text: #242424; --subtle: #5a5a5a; --line: #e0e0e0;
  --fill: #4f52b2; --good: #0b6a0b; --bad: #a80f1d; }
@media (prefers-color-scheme: dark) { :root { --page: #141414; --card: #292929; --text: #f5f5f5; --subtle: #bdbdbd;
  --line: #454545; --good: #6ccb6c; --bad: #ff9a9f; } }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: var(--page); color: var(--text);
  font: 16px/1.5 "Segoe UI", "Liberation Sans", Arial, sans-serif; }
main { box-sizing: border-box; width: min(30rem, calc(100vw - 2rem)); margin: 1rem; padding: 2rem; background: var(--card);
  border: 1px solid var(--line); border-top: 4px solid var(--fill); border-radius: 8px; overflow-wrap: anywhere; }
main.good { border-top-color: var(--good); }
main.bad { border-top-color: var(--bad); }
h1 { margin: 0 0 .75rem; font-size: 1.35rem; line-height: 1.3; }
p { margin: .5rem 0; }
dl { margin: 1rem 0; display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; }
dt { color: var(--subtle); }
dd { margin: 0; font-weight: 700; }
a.button { display: block; margin: 1.25rem 0 .75rem; padding: .65rem 1rem; border-radius: 4px; background: var(--fill); color: #fff;
  font-weight: 700; text-align: center; text-decoration: none; }
a.button:focus-visible { outline: 3px solid var(--text); outline-offset: 2px; }
.note { color: var(--subtle); font-size: .875rem; }
`;

const styleHash = createHash('sha256').update(style).digest('base64');

const headers = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

const escaped = (text: string): string => escapeHtml(label(text));

export function page(words: PageWords, more: Readonly<Record<string, string>> = {}): PageAnswer {
  const { status, tone, title, lines, facts = [], button, note } = words;
  const parts = [
    `<h1>${escaped(title)}</h1>`,
    ...lines.map((line) => `<p>${escaped(line)}</p>`),
    ...(facts.length === 0 ? [] : [`<dl>${facts.map(([name, value]) => fact(name, value)).join('')}</dl>`]),
    ...(button === undefined
      ? []
      : [`<a class="button" href="${escapeHtml(button.url)}">${escaped(button.title)}</a>`]),
    ...(note === undefined ? [] : [`<p class="note">${escaped(note)}</p>`]),
  ];
  const head = `<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(title)}</title>`;
  const body = `<!doctype html><html lang="en"><head>${head}<style>${style}</style></head><body><main class="${tone}">${parts.join('')}</main></body></html>`;
  return { status, headers: { ...headers, ...more }, body };
}

const fact = (name: string, value: string): string => `<dt>${escaped(name)}</dt><dd>${escaped(value)}</dd>`;
