/** Templates are filled by the program itself: what comes out has to be what Microsoft's library, and so its designer, makes of them. */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { readTemplate } from '../../src/teams/cards/template/template.ts';

// Required, not imported: the package's types lead to another package's source code, which does not compile here.
const require = createRequire(import.meta.url);
const microsofts: { readonly Template: new (template: unknown) => { expand(context: object): unknown } } =
  require('adaptivecards-templating');

const folder = new URL('../../cards/', import.meta.url);
const read = (path: string): unknown => JSON.parse(readFileSync(new URL(path, folder), 'utf8'));
const samples = readdirSync(new URL('samples/', folder));

/** Looks like a template, and is somebody’s text. */
const written = `\${revision} \`ÄÖ\` \\n 'x'`;

/** What else could stand in one place of the data. */
function insteadOf(value: unknown): readonly unknown[] {
  if (typeof value === 'boolean') return [!value];
  if (typeof value === 'number') return [0];
  if (typeof value === 'string') return [value === '' ? written : ''];
  return Array.isArray(value) ? [[], [...value, ...value.slice(0, 1)]] : [];
}

/** The same data with one place changed, for each place and each change. */
function* changed(data: unknown): Generator<unknown> {
  yield* insteadOf(data);
  if (typeof data !== 'object' || data === null) return;
  for (const [name, value] of Object.entries(data))
    for (const other of changed(value))
      yield Array.isArray(data) ? data.with(Number(name), other) : { ...data, [name]: other };
}

test.each(samples)(
  '%s is filled as Microsoft’s library fills it, with any one thing in it changed as well',
  (sample) => {
    const template = read(`${sample.split('.')[0]}.json`);
    const [ours, theirs] = [readTemplate(template), new microsofts.Template(template)];
    const data = read(`samples/${sample}`) as Readonly<Record<string, unknown>>;
    const all = [data, ...changed(data)] as (typeof data)[];
    const different = all.filter((one) => JSON.stringify(ours(one)) !== JSON.stringify(theirs.expand({ $root: one })));
    expect(different).toEqual([]);
  },
);
