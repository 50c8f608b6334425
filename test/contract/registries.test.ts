import { readdirSync, readFileSync } from 'node:fs';
import { StepName } from '../../src/domain/plan.ts';
import { RefusalCode } from '../../src/domain/request/refusal.ts';
import { actions } from '../../src/operations/actions/registry.ts';
import { commands } from '../../src/operations/commands/registry.ts';
import { operations, StoredChangeSpec } from '../../src/operations/registry.ts';
import { kinds, Resource } from '../../src/operations/resources/registry.ts';
import { steps } from '../../src/operations/steps/registry.ts';
import { verbs } from '../../src/teams/bot/verbs.ts';
import { evidenceVerb } from '../../src/teams/cards/views/evidence-button.ts';

/** Folders answer what can be asked for, typed, clicked, done, and of what: their files against their registries, cards too. */
const root = new URL('../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');
const filesIn = (folder: string, ending: string): string[] =>
  readdirSync(new URL(`${folder}/`, root), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith(ending),
  );

/** Every value of one property of what the files of a folder export. */
async function exported(folder: string, property: string, needed: string): Promise<string[]> {
  const found: string[] = [];
  for (const file of filesIn(folder, '.ts').filter((name) => name !== 'registry.ts')) {
    const module: Record<string, unknown> = await import(new URL(`${folder}/${file}`, root).href);
    for (const value of Object.values(module)) {
      const candidate = value as Record<string, unknown> | null;
      if (typeof candidate !== 'object' || candidate === null || typeof candidate[needed] !== 'function') continue;
      const name = candidate[property];
      if (typeof name === 'string') found.push(name);
    }
  }
  return found.sort();
}

const asked = operations.map(({ name }) => name);
const askedByTyping = operations.map(({ typed }) => typed.name);
const typedBeside = commands.map(({ name }) => name).filter((name) => !askedByTyping.some((one) => one === name));
const clicked = actions.map(({ verb }) => verb);

describe('a registry names every file of its folder, once', () => {
  it.each([
    ['what can be asked for', 'src/operations', 'name', 'plan', asked],
    ['what can be typed beside', 'src/operations/commands', 'name', 'handle', typedBeside],
    ['what can be clicked', 'src/operations/actions', 'verb', 'handle', clicked],
    [
      'what can be done to Azure',
      'src/operations/steps',
      'name',
      'observe',
      Object.values(steps).map(({ name }) => name),
    ],
    ['of what', 'src/operations/resources', 'name', 'customerKeyIn', kinds.map(({ name }) => name)],
  ])('%s', async (_what, folder, property, needed, registered) => {
    expect(registered).not.toEqual([]);
    expect(await exported(folder, property, needed)).toEqual([...registered].sort());
    expect(new Set(registered).size).toBe(registered.length);
  });

  /** What a folder holds beside them. */
  const beside: Readonly<Record<string, readonly string[]>> = {
    'src/operations/commands': ['command.ts', 'registry.ts'],
    'src/operations/actions': ['action.ts', 'registry.ts'],
    'src/operations/steps': ['moved-or-replaced.ts', 'registry.ts', 'step.ts'],
    'src/operations/resources': ['registry.ts', 'rights.ts'],
  };

  it.each([
    ['src/operations/commands', typedBeside.map((name) => name.slice(1))],
    ['src/operations/actions', clicked.map((verb) => verb.replace('request.', ''))],
    ['src/operations/steps', Object.keys(steps)],
    ['src/operations/resources', kinds.map(({ name }) => name)],
  ])('each in a file of its own name, and no other file lies in %s', (folder, names) => {
    const files = [...(beside[folder] ?? []), ...names.map((name) => `${name}.ts`)];
    expect(filesIn(folder, '')).toEqual(files.sort());
  });

  it('each operation in a folder of its own name, beside those that operations share', () => {
    const inFolders = filesIn('src/operations', '.ts').filter((file) => file.includes('/'));
    const shared = ['actions', 'commands', 'guard', 'pages', 'resources', 'steps'];
    const folders = new Set(inFolders.map((file) => file.split('/')[0]));
    expect([...folders].sort()).toEqual([...asked, ...shared].sort());
    expect(asked.filter((name) => !inFolders.includes(`${name}/${name}.ts`))).toEqual([]);
    expect(asked.filter((name) => !inFolders.includes(`${name}/words.ts`))).toEqual([]);
  });

  it('every step that a plan can name, under its own name', () => {
    expect(Object.keys(steps).sort()).toEqual([...StepName.options].sort());
    expect(Object.entries(steps).filter(([name, step]) => step.name !== name)).toEqual([]);
  });
});

describe('what can be asked for', () => {
  it('can all be typed, the operations first and by their own names', () => {
    expect(askedByTyping).toEqual(asked.map((name) => `/${name}`));
    expect(commands.map(({ name }) => name)).toEqual([...askedByTyping, ...typedBeside]);
  });

  it('is read from the record, each as what it is and no other', () => {
    expect(StoredChangeSpec.options.map(({ shape }) => shape.operation.value)).toEqual(asked);
    expect(Resource.options.map(({ shape }) => shape.kind.value)).toEqual(kinds.map(({ name }) => name));
  });

  it('leads on to another that there is, where the resource is not in the state for it', () => {
    for (const { name, instead } of operations) {
      expect(asked.filter((one) => one !== name)).toContain(instead.operation);
      expect(instead.where).not.toEqual([]);
    }
  });
});

/** A name that stands in other folders would have to be changed there with every new one. */
describe('nothing else names', () => {
  const sources = filesIn('src', '.ts').map((file) => `src/${file}`);
  const naming = (name: string, allowed: readonly string[]): readonly string[] =>
    sources
      .filter((file) => !allowed.some((folder) => file.startsWith(`${folder}/`)))
      .filter((file) => read(file).toLowerCase().includes(name.toLowerCase()));

  it.each(asked)('the operation %s', (name) => {
    expect(naming(name, ['src/operations', 'src/text', 'src/sandbox'])).toEqual([]);
  });

  it.each(kinds.map(({ arm }) => arm.type))('the type %s', (type) => {
    expect(naming(type, ['src/operations/resources', 'src/sandbox'])).toEqual([]);
    expect(naming(type.split('/')[0] ?? type, ['src/operations/resources', 'src/sandbox'])).toEqual([]);
  });

  it('the names are found where they may stand', () => {
    expect(naming(asked[0] ?? '', ['src/text', 'src/sandbox'])).toContain(`src/operations/${asked[0]}/${asked[0]}.ts`);
    expect(naming(kinds[0]?.arm.type ?? '', ['src/sandbox'])).toContain(
      `src/operations/resources/${kinds[0]?.name}.ts`,
    );
  });
});

describe('every button', () => {
  // A verb that comes with the data stands in the samples.
  const onCards = filesIn('cards', '.json').flatMap((file) =>
    [...read(`cards/${file}`).matchAll(/"verb": *"([a-z][^"]*)"/g)].map(([, verb = '']) => ({ file, verb })),
  );
  it('of a card has a verb of the table', () => {
    expect(onCards.length).toBeGreaterThan(10);
    expect(onCards.filter(({ verb }) => !verbs.has(verb))).toEqual([]);
  });

  it('of the table is on a card', () => {
    const shown = [...onCards.map(({ verb }) => verb), evidenceVerb];
    // Any command can be on these two cards.
    const others = [...verbs.keys()].filter((verb) => !/^(help|welcome)\./.test(verb));
    expect(others.filter((verb) => !shown.includes(verb))).toEqual([]);
  });
});

describe('every refusal', () => {
  const sources = ['domain', 'authorization', 'operations', 'teams', 'workflow', 'store', 'bootstrap'].flatMap(
    (folder) =>
      filesIn(`src/${folder}`, '.ts')
        // Where the codes are listed they are not given.
        .map((file) => read(`src/${folder}/${file}`).replace(/z\.enum\(\[[^\]]*\]\)/g, '')),
  );

  it.each(RefusalCode.options)('%s is given somewhere', (code) => {
    expect(sources.some((source) => source.includes(`'${code}'`))).toBe(true);
  });
});
