import { type Compiled, type Edit, inScratch } from '../support/docs/scratch-sources.ts';

/**
 * Adds a member to each closed list in a copy of the sources. The compiler must name every file that has to handle it. If a
 * file is missing from its errors, it has begun to treat an unknown member as another one.
 *
 * To compile takes seconds. Cases that expect no file in common are compiled together.
 */

interface Case extends Edit {
  /** What is added. */
  readonly more: string;
  /** Where the compiler objects. */
  readonly objections: readonly string[];
}

const cases: readonly Case[] = [
  {
    more: 'type of event',
    file: 'src/domain/request/payloads.ts',
    after: "  retried: { kind: 'decision', state: 'approved', data: z.strictObject({}) },\n",
    added: "  'one-more': { kind: 'decision', data: z.strictObject({ run }) },\n",
    objections: ['src/domain/request/evolve.ts', 'src/text/events.ts'],
  },
  {
    more: 'step',
    file: 'src/domain/plan.ts',
    after: "  'set-cmk',\n",
    added: "  'one-more',\n",
    objections: ['src/operations/steps/registry.ts', 'src/text/steps.ts'],
  },
  {
    more: 'code of what the bot found',
    file: 'src/domain/failure.ts',
    after: "  own('membership-unknown', {}),\n",
    added: "  own('one-more', { what: z.string() }),\n",
    objections: ['src/text/failures.ts'],
  },
  {
    more: 'source of failures',
    file: 'src/domain/failure.ts',
    after: "  z.strictObject({ source: z.literal('no-answer'), ...outside }),\n",
    added: "  z.strictObject({ source: z.literal('one-more'), ...outside }),\n",
    objections: ['src/text/failures.ts', 'src/text/remedies.ts', 'src/text/waiting.ts'],
  },
  {
    more: 'change',
    file: 'src/domain/effect.ts',
    after: "  z.strictObject({ change: z.literal('soft-delete'), target: ArmId, before: z.literal('off') }),\n",
    added: "  z.strictObject({ change: z.literal('one-more'), target: ArmId, before: z.literal('off') }),\n",
    objections: ['src/operations/resources/rights.ts', 'src/text/steps.ts'],
  },
  {
    more: 'judgement of a check',
    file: 'src/domain/check.ts',
    after: "  judged('no-lock', {}),\n",
    added: "  judged('one-more', { what: z.string() }),\n",
    objections: ['src/text/checks.ts'],
  },
  {
    more: 'refusal',
    file: 'src/domain/request/refusals.ts',
    after: '  // Decisions, and commands for a run.\n',
    added: "  'one-more': '',\n",
    objections: ['src/domain/request/refusals.ts', 'src/text/refusals.ts'],
  },
  {
    more: 'page of forms',
    file: 'src/operations/pages/page.ts',
    after: 'export type PageFacts =\n',
    added: "  | { readonly page: 'one-more' }\n",
    objections: ['src/teams/cards/views/form-view.ts'],
  },
  {
    more: 'level of proof',
    file: 'src/domain/proof.ts',
    after: "z.enum(['read-back', ",
    added: "'one-more', ",
    objections: ['src/text/evidence.ts', 'src/text/steps.ts'],
  },
];

/** Cases of which no two expect the same file, in as few groups as taking each in turn makes. */
function apart(all: readonly Case[]): readonly (readonly Case[])[] {
  const groups: Case[][] = [];
  for (const one of all) {
    const meets = (other: Case): boolean => other.objections.some((file) => one.objections.includes(file));
    const group = groups.find((others) => !others.some(meets));
    if (group === undefined) groups.push([one]);
    else group.push(one);
  }
  return groups;
}

const groups = apart(cases);
const namesOf = (group: readonly Case[]): string => group.map(({ more }) => more).join(', ');
const changes = [[], ...groups];
const results = new Map<string, Compiled>();
const atOnce = 2;

beforeAll(async () => {
  const waiting = [...changes];
  const work = async () => {
    for (let group = waiting.shift(); group !== undefined; group = waiting.shift()) {
      const edits = group;
      results.set(namesOf(group), await inScratch(edits, ({ compile }) => compile()));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
});

it('as they are, the sources compile', () => {
  expect(results.get('')).toEqual({ code: 0, out: '', objections: [] });
});

it.each(groups.map((group) => ({ more: namesOf(group), group })))('one more $more', ({ more, group }) => {
  const result = results.get(more);
  expect(result?.objections).toEqual(group.flatMap(({ objections }) => objections).sort());
  expect(result?.code).not.toBe(0);
});
