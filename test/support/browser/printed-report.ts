/** A report as it lies on paper, in a real browser. */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { openBrowser } from './browser.ts';
import { withPalette } from './png-palette.ts';

export interface Printed {
  readonly pages: Readonly<Record<'A4' | 'Letter', number>>;
  /** What hangs over the edge of the paper or of the drawing, by its words. */
  readonly overhanging: readonly string[];
  /** What it asked for beside itself. */
  readonly asked: readonly string[];
}

const pagesIn = (pdf: Buffer): number => pdf.toString('latin1').match(/\/Type\s*\/Page\b/g)?.length ?? 0;

/** Runs in the page. */
const overhanging = `(() => {
  const found = [];
  const edge = document.documentElement.clientWidth;
  const svg = document.querySelector('svg')?.getBoundingClientRect() ?? { left: 0, right: 0 };
  for (const element of document.querySelectorAll('main *')) {
    const { left, right } = element.getBoundingClientRect();
    const drawn = element.closest('svg text') !== null;
    if (left < -1 || right > edge + 1 || (drawn && (left < svg.left - 1 || right > svg.right + 1))) {
      found.push(element.tagName + ' ' + element.textContent.slice(0, 30));
    }
  }
  return found;
})()`;

/** `picture`: where the first page is kept as a picture; null: nowhere. */
export async function print(chromium: string, file: string, picture: string | null): Promise<Printed> {
  const browser = await openBrowser(chromium);
  try {
    const page = await browser.newPage({ viewport: { width: 794, height: 1123 }, deviceScaleFactor: 1.5 });
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    await page.goto(`file://${file}`);
    const pages = {
      A4: pagesIn(await page.pdf({ format: 'A4' })),
      Letter: pagesIn(await page.pdf({ format: 'Letter' })),
    };
    await page.emulateMedia({ media: 'print' });
    const found: string[] = await page.evaluate(overhanging);
    if (picture !== null) {
      await page.addStyleTag({ content: 'main { padding: 9mm 11mm !important; }' });
      const png = await page.screenshot({ clip: { x: 0, y: 0, width: 794, height: 691 } });
      const target = fileURLToPath(new URL(`../../../docs/pictures/${picture}.png`, import.meta.url));
      await writeFile(target, withPalette(png));
    }
    return { pages, overhanging: found, asked: asked.filter((url) => !url.startsWith('file:')) };
  } finally {
    await browser.close();
  }
}
