/** What was measured, for people: docs/performance.md with its charts; and for programs: bench/results.json. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chart } from './charts.ts';
import { type Figure, isReached, type Measured, type Spread, type Table } from './figures.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const results = path.join(root, 'bench/results.json');
const page = path.join(root, 'docs/performance.md');
const charts = path.join(root, 'docs/pictures');
const [start, end] = ['<!-- figures: made by npm run bench -->', '<!-- /figures -->'];

/** When and where a benchmark ran: numbers of two machines, or of two days, are not compared. */
export interface Ran extends Measured {
  readonly on: string;
  readonly machine: string;
}

const machine = (): string => {
  const cpus = os.cpus();
  const memory = `${Math.round(os.totalmem() / 2 ** 30)} GiB`;
  return `${cpus.length} × ${cpus[0]?.model.trim() ?? 'processor'}, ${memory}, ${os.type()}, Node ${process.version}`;
};

const digits = (value: number): string =>
  value.toLocaleString('en', value >= 100 ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: 3 });
const spread = ({ median, low, high }: Spread): string =>
  low === high ? digits(median) : `${digits(median)} (${digits(low)} to ${digits(high)})`;

function row(figure: Figure): string {
  const { what, unit, ours, baseline, compared, target, note } = figure;
  const reached = isReached(figure);
  const aim = target === null ? '' : 'atMost' in target ? `≤ ${target.atMost}` : `≥ ${target.atLeast}`;
  const cells = [
    note === undefined ? what : `${what} (${note})`,
    `${spread(ours)} ${unit}`,
    baseline === null ? '' : `${baseline.name}: ${spread(baseline.value)}`,
    baseline === null ? '' : `${spread(compared)} ×`,
    aim,
    reached === null ? '' : reached ? 'reached' : '**not reached**',
  ];
  return `| ${cells.join(' | ')} |`;
}

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const tabled = ({ head, rows }: Table): string => [head, head.map(() => '---'), ...rows].map(line).join('\n');

function section({ name, figures, tables = [], growth = [], on, machine: where }: Ran): string {
  const table = [
    '| what | measured | beside | ratio | aim | |',
    '| --- | --- | --- | --- | --- | --- |',
    ...figures.map(row),
  ];
  const pictures = growth.map(
    (one, index) =>
      `![${one.lines.map((line) => line.name).join(', ')}: ${one.unit} over ${one.over}](pictures/bench-${name}-${index}.svg)`,
  );
  return [`### ${name}`, `${on}, ${where}.`, table.join('\n'), ...tables.map(tabled), ...pictures].join('\n\n');
}

const kept = (): readonly Ran[] => (existsSync(results) ? JSON.parse(readFileSync(results, 'utf8')) : []);

/** One line a figure, while it runs. */
export const told = ({ name, figures, tables = [] }: Measured): string =>
  `\n${[name, ...figures.map(row), ...tables.map(tabled)].join('\n')}\n`;

/** Its charts, into a folder. */
export function draw({ name, growth = [] }: Measured, folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const [index, grown] of growth.entries())
    writeFileSync(path.join(folder, `bench-${name}-${index}.svg`), chart(grown));
}

/** What ran takes the place of what ran under the same name before. */
export function keep(measured: Measured): void {
  const ran = { ...measured, on: new Date().toISOString().slice(0, 10), machine: machine() };
  const all = [...kept().filter(({ name }) => name !== measured.name), ran].toSorted((a, b) =>
    a.name < b.name ? -1 : 1,
  );
  writeFileSync(results, `${JSON.stringify(all, null, 2)}\n`);
  for (const one of all) draw(one, charts);
  const text = readFileSync(page, 'utf8');
  const [before = '', rest = ''] = text.split(start);
  const after = rest.split(end)[1];
  if (after === undefined) throw new Error(`docs/performance.md has no place for the figures: ${start} … ${end}`);
  writeFileSync(page, `${before}${start}\n\n${all.map(section).join('\n\n')}\n\n${end}${after}`);
}
