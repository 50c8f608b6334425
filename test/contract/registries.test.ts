import { readdirSync, readFileSync } from 'node:fs';
import { actions } from '../../src/actions/registry.ts';
import { commands } from '../../src/commands/registry.ts';
import { CheckCode } from '../../src/domain/checks.ts';
import { Failure } from '../../src/domain/failure.ts';
import { StepName } from '../../src/domain/plan.ts';
import { ProofLevel } from '../../src/domain/proof.ts';
import { RefusalCode, refuse } from '../../src/domain/request/refusal.ts';
import { steps } from '../../src/steps/registry.ts';
import { checkWords } from '../../src/words/checks.ts';
import { mendWords } from '../../src/words/failures.ts';
import { refusalWords } from '../../src/words/refusals.ts';
import {
  effectWords,
  irreversibleWords,
  proofWords,
  readBackWords,
  runningWords,
  stepTitles,
} from '../../src/words/steps.ts';

/** Three folders answer what can be typed, clicked and done: their files against their registries, cards against both. */
const root = new URL('../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');
const filesIn = (folder: string, ending: string): string[] =>
  readdirSync(new URL(`${folder}/`, root), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith(ending),
  );
const isText = (value: unknown): value is string => typeof value === 'string';

/** Every value of one property of what the files of a folder export. */
async function exported(folder: string, property: string, needed: string): Promise<string[]> {
  const found: string[] = [];
  for (const file of filesIn(folder, '.ts').filter((name) => name !== 'registry.ts')) {
    const module: Record<string, unknown> = await import(new URL(`${folder}/${file}`, root).href);
    for (const value of Object.values(module)) {
      const candidate = value as Record<string, unknown> | null;
      if (typeof candidate !== 'object' || candidate === null || typeof candidate[needed] !== 'function') continue;
      if (isText(candidate[property])) found.push(candidate[property]);
    }
  }
  return found.sort();
}

describe('a registry names every file of its folder, once', () => {
  it.each([
    ['what can be typed', 'src/commands', 'name', 'handle', commands.map((command) => command.name)],
    ['what can be clicked', 'src/actions', 'verb', 'handle', actions.map((action) => action.verb)],
    ['what can be done to Azure', 'src/steps', 'name', 'observe', steps.map((step) => step.name)],
  ])('%s', async (_what, folder, property, needed, registered) => {
    expect(await exported(folder, property, needed)).toEqual([...registered].sort());
    expect(new Set(registered).size).toBe(registered.length);
  });

  it('each in a file of its own name', () => {
    const named = [
      ...commands.map((command) => `src/commands/${command.name.slice(1)}.ts`),
      ...actions.map((action) => `src/actions/${action.verb.replace('request.', '')}.ts`),
      ...steps.map((step) => `src/steps/${step.name}.ts`),
    ];
    const there = ['commands', 'actions', 'steps'].flatMap((name) =>
      filesIn(`src/${name}`, '.ts').map((file) => `src/${name}/${file}`),
    );
    expect(named.filter((file) => !there.includes(file))).toEqual([]);
  });

  it('every step that a plan can name', () => {
    expect(steps.map((step) => step.name).sort()).toEqual([...StepName.options].sort());
  });
});

describe('every button', () => {
  const templates = filesIn('cards', '.json').filter((file) => !file.startsWith('samples'));
  const onCards = templates.flatMap((file) =>
    [...read(`cards/${file}`).matchAll(/"verb": *"([^"]*)"/g)].map(([, verb = '']) => ({ file, verb })),
  );
  /** The verbs of forms and lists are handled where those are: the code that does it names them. */
  const elsewhere = filesIn('src/teams', '.ts')
    .flatMap((file) => [...read(`src/teams/${file}`).matchAll(/'((?:form|list)\.[a-z-]+)'/g)])
    .map(([, verb = '']) => verb);
  const handled = [...actions.map((action) => action.verb), ...elsewhere];

  it('of a card has a verb that something handles', () => {
    expect(onCards.length).toBeGreaterThan(10);
    expect(onCards.filter(({ verb }) => !handled.includes(verb))).toEqual([]);
  });

  it('that is handled is on a card', () => {
    const shown = onCards.map(({ verb }) => verb);
    expect([...new Set(handled)].filter((verb) => !shown.includes(verb) && verb !== 'form.')).toEqual([]);
  });
});

describe('every refusal', () => {
  const sources = [
    'domain',
    'authorization',
    'operations',
    'commands',
    'actions',
    'teams',
    'workflow',
    'store',
  ].flatMap((folder) =>
    filesIn(`src/${folder}`, '.ts')
      // Where the codes are listed they are not given.
      .map((file) => read(`src/${folder}/${file}`).replace(/z\.enum\(\[[^\]]*\]\)/g, '')),
  );

  it.each(RefusalCode.options)('%s is given somewhere', (code) => {
    expect(sources.some((source) => source.includes(`'${code}'`))).toBe(true);
  });
});

describe('words', () => {
  const oddFacts = [
    '',
    ', ',
    'a',
    'a, b, c',
    '*bold* [link](https://example.com)',
    '7',
    'x'.repeat(300),
    '2027-01-01T00:00:00.000Z',
  ];
  /** These judge a moment: their fact is one, as Azure tells it or as a day alone. */
  const moments: readonly CheckCode[] = [
    'created-after-cutoff',
    'created-before-cutoff',
    'key-not-yet-valid',
    'key-expired',
    'key-expires',
  ];
  const factsOf = (code: CheckCode): readonly string[] =>
    moments.includes(code) ? ['2027-01-01T00:00:00.000Z', '2021-11-11', '9999-12-31T23:59:59Z'] : oddFacts;
  const failure = (code: string, next: Failure['next']): Failure =>
    Failure.parse({
      next,
      doing: 'reading',
      code,
      message: '',
      status: null,
      retryAfterMs: null,
      clientRequestId: null,
      correlationId: null,
    });
  const effects = [
    'identity.systemAssigned',
    'key',
    'role-assignment',
    'access-policy',
    'softDelete',
    'purgeProtection',
    'other',
  ];
  const stepWords = StepName.options.flatMap((name) => [stepTitles[name], readBackWords[name], runningWords[name]]);
  const proofs = ProofLevel.options.flatMap((level) => Object.values(proofWords[level]));

  it.each(CheckCode.options)('stand for check %s, whatever its fact', (code) => {
    for (const fact of factsOf(code)) {
      const { title, text, mend } = checkWords({ outcome: 'block', code, fact });
      expect([title, text, mend].every(isText)).toBe(true);
      expect(title).not.toBe('');
    }
  });

  it.each(RefusalCode.options)('stand for refusal %s, whatever its fact', (code) => {
    for (const fact of oddFacts) {
      const { title, text } = refusalWords(refuse(code, fact));
      expect([title, text].map((words) => words.trim())).not.toContain('');
    }
  });

  it('stand for every step and every proof', () => {
    expect([...stepWords, ...proofs].map((words) => words.trim())).not.toContain('');
  });

  it('neither plead, nor shout, nor say what the program could not do', () => {
    const said = [
      ...CheckCode.options.flatMap((code) =>
        factsOf(code).flatMap((fact) => Object.values(checkWords({ outcome: 'warn', code, fact }))),
      ),
      ...RefusalCode.options.flatMap((code) =>
        oddFacts.flatMap((fact) => Object.values(refusalWords(refuse(code, fact)))),
      ),
      ...['ReadBackDiffers', 'NotFound', 'unknown'].flatMap((code) => [
        mendWords(failure(code, 'ask')),
        mendWords(failure(code, 'wait')),
      ]),
      ...effects.map((property) => effectWords({ target: '/t', property, before: 'off', value: 'on' })),
      irreversibleWords({
        name: 'protect-vault',
        reversibility: 'irreversible',
        effects: [{ target: '/t', property: 'softDelete', before: 'off', value: 'on' }],
      }),
      ...stepWords,
      ...proofs,
    ];
    expect(said.filter((words) => /please|oops|sorry|!|failed to|undefined|\bnan\b|invalid date/i.test(words))).toEqual(
      [],
    );
  });
});
