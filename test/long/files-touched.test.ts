import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Compiled, type Edit, inScratch } from '../support/docs/scratch-sources.ts';

/**
 * Which files a common change touches. One of each is added to a copy of the sources, which must compile and work: if another
 * file has to change, the compiler or the script below says so. Not counted: documentation, tests, and what other tests compare with
 * the sources (the app manifest for an operation, the role files for a kind of resource).
 */

interface Copy {
  readonly from: string;
  readonly to: string;
  /** What is replaced in the copy, everywhere. */
  readonly renames: Readonly<Record<string, string>>;
}

interface Addition {
  readonly more: string;
  readonly copies: readonly Copy[];
  readonly edits: readonly Edit[];
}

/** An import and an entry of a list. */
const registered = (file: string, afterImport: string, from: string, list: string): readonly Edit[] => [
  { file, after: afterImport, added: `import { oneMore } from './${from}';\n` },
  { file, after: list, added: 'oneMore, ' },
];

const additions: readonly Addition[] = [
  {
    more: 'a kind of resource: its file, and its entry',
    copies: [
      {
        from: 'src/operations/resources/healthcare-agent.ts',
        to: 'src/operations/resources/one-more.ts',
        renames: {
          'healthcare-agent': 'one-more',
          healthcareAgent: 'oneMore',
          'Microsoft.HealthBot/healthBots': 'Microsoft.OneMore/things',
        },
      },
    ],
    edits: registered(
      'src/operations/resources/registry.ts',
      "import { healthcareAgent } from './healthcare-agent.ts';\n",
      'one-more.ts',
      'const all = [',
    ),
  },
  {
    more: 'an operation: its folder, and its entry',
    copies: [
      {
        from: 'src/operations/enable-cmk/enable-cmk.ts',
        to: 'src/operations/one-more/one-more.ts',
        renames: { 'enable-cmk': 'one-more', enableCmk: 'oneMore', EnableCmk: 'OneMore' },
      },
    ],
    edits: registered(
      'src/operations/registry.ts',
      "import { enableCmk } from './enable-cmk/enable-cmk.ts';\n",
      'one-more/one-more.ts',
      'const all = [enableCmk, ',
    ),
  },
  {
    more: 'a verb: its file, and its entry',
    copies: [
      {
        from: 'src/operations/actions/refresh.ts',
        to: 'src/operations/actions/one-more.ts',
        renames: { 'request.refresh': 'request.one-more', 'const refresh': 'const oneMore' },
      },
    ],
    edits: registered(
      'src/operations/actions/registry.ts',
      "import { giveUp } from './give-up.ts';\n",
      'one-more.ts',
      'export const actions: readonly Action[] = [',
    ),
  },
];

/** Asks the changed sources for what was added. */
const script = `
  const load = (file) => import(process.cwd() + '/src/' + file);
  const { kinds } = await load('operations/resources/registry.ts');
  const { operations } = await load('operations/registry.ts');
  const { verbs } = await load('teams/bot/verbs.ts');
  console.log(JSON.stringify({
    kind: kinds.some(({ name }) => name === 'one-more'),
    operation: operations.some(({ typed }) => typed.name === '/one-more'),
    verb: verbs.has('request.one-more'),
  }));
`;

function copyFile(folder: string, { from, to, renames }: Copy): void {
  const text = Object.entries(renames).reduce(
    (changed, [name, other]) => changed.replaceAll(name, other),
    readFileSync(join(folder, from), 'utf8'),
  );
  mkdirSync(dirname(join(folder, to)), { recursive: true });
  writeFileSync(join(folder, to), text);
}

let result: { readonly compiled: Compiled; readonly printed: string };

beforeAll(async () => {
  const edits = additions.flatMap((one) => one.edits);
  result = await inScratch(edits, async ({ folder, compile, run }) => {
    for (const copy of additions.flatMap(({ copies }) => copies)) copyFile(folder, copy);
    return { compiled: await compile(), printed: await run(script) };
  });
});

it('with one more of each, the sources compile', () => {
  expect(result.compiled).toEqual({ code: 0, out: '', objections: [] });
});

it('each of them works', () => {
  expect(JSON.parse(result.printed)).toEqual({ kind: true, operation: true, verb: true });
});
