/** Lines over a growing number, both in powers of ten, as a picture that GitHub shows in light and in dark. */
import type { Growth } from './figures.ts';

const [width, height, left, right, top, bottom] = [640, 300, 60, 170, 30, 46];
const colours = ['#4f52b2', '#c4314b', '#0b7a75', '#b35900', '#6b6b6b', '#1f77b4'];

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
const log = Math.log10;

export function chart({ over, unit, sizes, lines }: Growth): string {
  const all = lines.flatMap(({ values }) => values).filter((value) => value > 0);
  const [low, high] = [Math.floor(log(Math.min(...all))), Math.ceil(log(Math.max(...all)))];
  const [first, last] = [log(sizes[0] ?? 1), log(sizes.at(-1) ?? 10)];
  const x = (size: number): number => left + ((log(size) - first) / (last - first || 1)) * (width - left - right);
  const y = (value: number): number =>
    height - bottom - ((log(value) - low) / (high - low || 1)) * (height - top - bottom);
  const marks = Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index));
  const grid = marks.map(
    (mark) =>
      `<line class="g" x1="${left}" x2="${width - right}" y1="${y(mark)}" y2="${y(mark)}"/><text x="${left - 8}" y="${y(mark) + 4}" text-anchor="end">${mark.toLocaleString('en')}</text>`,
  );
  const ticks = sizes.map(
    (size) =>
      `<text x="${x(size)}" y="${height - bottom + 18}" text-anchor="middle">${size.toLocaleString('en')}</text>`,
  );
  // Names that would lie on each other stand below each other.
  const ends = lines
    .map(({ name, values }, index) => ({ name, index, at: y(values.at(-1) ?? 1) }))
    .toSorted((a, b) => a.at - b.at);
  let lowest = Number.NEGATIVE_INFINITY;
  const names = ends.map(({ name, index, at }) => {
    lowest = Math.max(at, lowest + 15);
    return `<text x="${width - right + 8}" y="${lowest + 4}" fill="${colours[index % colours.length]}" style="fill:${colours[index % colours.length]}">${escaped(name)}</text>`;
  });
  const drawn = lines.map(({ values }, index) => {
    const points = values.map((value, at) => `${x(sizes[at] ?? 1).toFixed(1)},${y(value).toFixed(1)}`).join(' ');
    return `<polyline points="${points}" fill="none" stroke="${colours[index % colours.length]}" stroke-width="2"/>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(unit)} over ${escaped(over)}" font-family="Segoe UI, sans-serif" font-size="12">`,
    '<style>text{fill:#555}.g{stroke:#8885}@media (prefers-color-scheme: dark){text{fill:#bbb}}</style>',
    `<text x="${left}" y="16">${escaped(unit)}</text>`,
    ...grid,
    ...ticks,
    `<text x="${(left + width - right) / 2}" y="${height - 8}" text-anchor="middle">${escaped(over)}</text>`,
    ...drawn,
    ...names,
    '</svg>',
    '',
  ].join('\n');
}
