/** A trace drawn as a waterfall, for the documentation: `UPDATE_PICTURES=1 npm run test:long telemetry`. */
import { mkdir, writeFile } from 'node:fs/promises';
import type { Span } from '../processes/otlp-collector.ts';
import { chromiumPath, openBrowser } from './browser.ts';
import { withPalette } from './png-palette.ts';

interface Row {
  readonly span: Span;
  readonly depth: number;
}

/** Each span behind the one it belongs to, as they began. */
function inOrder(spans: readonly Span[], parent: string | undefined, depth: number): readonly Row[] {
  return spans
    .filter((span) => span.parentSpanId === parent)
    .sort((a, b) => a.startTimeUnixNano - b.startTimeUnixNano)
    .flatMap((span) => [{ span, depth }, ...inOrder(spans, span.spanId, depth + 1)]);
}

const colourOf = ({ kind, name }: Span): string => {
  if (kind === 3) return '#0f6cbd';
  if (kind === 2) return '#8764b8';
  return name === 'decision' ? '#0e7a0d' : '#ca5010';
};

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

function rowHtml({ span, depth }: Row, from: number, wholeNs: number): string {
  const [begin, end] = [span.startTimeUnixNano, span.endTimeUnixNano];
  const left = (100 * (begin - from)) / wholeNs;
  const width = Math.max((100 * (end - begin)) / wholeNs, 0.25);
  const { 'cmk.events': events, 'http.response.status_code': status } = span.attributes;
  const more = Array.isArray(events) ? events.join(', ') : span.kind === 3 ? `${status ?? ''}` : '';
  const ms = Math.round((end - begin) / 1e6);
  return `<tr><td style="padding-left:${12 + depth * 16}px"><b>${escaped(span.name)}</b> <i>${escaped(more)}</i></td>
    <td class="n">${ms} ms</td><td class="bar"><span style="left:${left}%;width:${width}%;background:${colourOf(span)}"></span></td></tr>`;
}

export function waterfallHtml(title: string, spans: readonly Span[]): string {
  const from = Math.min(...spans.map((span) => span.startTimeUnixNano));
  const whole = Math.max(...spans.map((span) => span.endTimeUnixNano)) - from;
  const rows = inOrder(spans, undefined, 0).map((row) => rowHtml(row, from, whole));
  return `<!doctype html><meta charset="utf-8"><style>
    body{font:13px/1.5 system-ui,sans-serif;color:#242424;margin:20px;width:1160px}
    h1{font-size:17px;margin:0 0 12px} table{border-collapse:collapse;width:100%} td{padding:1px 6px;white-space:nowrap}
    tr:nth-child(odd){background:#f5f5f5} i{color:#616161;font-style:normal;font-size:12px} b{font-weight:700}
    .n{text-align:right;width:70px;color:#616161;font-variant-numeric:tabular-nums} .bar{position:relative;width:46%}
    .bar span{position:absolute;top:5px;height:11px;border-radius:2px}
  </style><h1>${escaped(title)}</h1><table>${rows.join('')}</table>`;
}

export async function drawTrace(title: string, spans: readonly Span[], name: string): Promise<void> {
  const folder = process.env.UPDATE_PICTURES === '1' ? 'docs/pictures' : undefined;
  const path = folder === undefined ? null : await chromiumPath();
  if (folder === undefined || path === null) return;
  const browser = await openBrowser(path);
  try {
    const page = await browser.newPage({ viewport: { width: 1200, height: 400 } });
    await page.setContent(waterfallHtml(title, spans));
    await mkdir(folder, { recursive: true });
    await writeFile(`${folder}/${name}.png`, withPalette(await page.screenshot({ fullPage: true })));
  } finally {
    await browser.close();
  }
}
