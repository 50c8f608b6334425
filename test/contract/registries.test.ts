import { readdirSync, readFileSync } from 'node:fs';
import { StepName } from '../../src/domain/plan.ts';
import { RefusalCode } from '../../src/domain/request/refusal.ts';
import { commands } from '../../src/operations/commands/registry.ts';
import { operations, StoredChangeSpec } from '../../src/operations/registry.ts';
import { kinds, Resource } from '../../src/operations/resources/registry.ts';
import { steps } from '../../src/operations/steps/registry.ts';

/** What can be asked for, clicked, done and refused: registries against plans and sources. */
const root = new URL('../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');
const filesIn = (folder: string, ending: string): string[] =>
  readdirSync(new URL(`${folder}/`, root), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith(ending),
  );

const asked = operations.map(({ name }) => name);
const askedByTyping = operations.map(({ typed }) => typed.name);
const typedBeside = commands.map(({ name }) => name).filter((name) => !askedByTyping.some((one) => one === name));

it('every step that a plan can name is there, under its own name', () => {
  expect(Object.keys(steps).sort()).toEqual([...StepName.options].sort());
  expect(Object.entries(steps).filter(([name, step]) => step.name !== name)).toEqual([]);
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
});

describe('every refusal', () => {
  const sources = ['domain', 'authorization', 'operations', 'teams', 'workflow', 'store', 'bootstrap'].flatMap(
    (folder) =>
      filesIn(`src/${folder}`, '.ts')
        // Where the codes are listed they are not given.
        .filter((file) => file !== 'request/refusals.ts')
        .map((file) => read(`src/${folder}/${file}`)),
  );

  it.each(RefusalCode.options)('%s is given somewhere', (code) => {
    expect(sources.some((source) => source.includes(`'${code}'`))).toBe(true);
  });
});
