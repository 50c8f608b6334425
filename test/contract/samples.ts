/** Values that a schema reads, made from the schema itself: every member of every union, and odd texts wherever text may stand. */
import { z } from 'zod';

interface Choice {
  /** Stands wherever the schema takes it. */
  readonly text: string;
  /** Null wherever that may be. */
  readonly nulls: boolean;
  /** Elements of a list, at least; of a union as many as there are members. */
  readonly many: 0 | 1 | 3;
}

const person = '20000000-0000-4000-8000-000000000001';
/** Where only something well formed is read. */
const wellFormed = [
  '/subscriptions/40000000-0000-4000-8000-000000000001/resourceGroups/rg-care/providers/Microsoft.KeyVault/vaults/kv-care',
  '0123456789abcdef0123456789abcdef',
  '0123456789abcdef'.repeat(4),
  'cmk-care',
  person,
  'CMK-000001',
  'F-0000000001',
  '2027-01-01T00:00:00.000Z',
];

/** What is a day or a moment stands as one: as Azure tells it, or as a day alone. */
const moments = ['2027-01-01T00:00:00.000Z', '2021-11-11', '9999-12-31T23:59:59Z'];
const holdsMoment: ReadonlySet<string> = new Set([
  ...['day', 'cutoff', 'from', 'at', 'expires', 'since', 'until', 'first', 'last', 'foundAt', 'created', 'createdAt'],
  ...['notBefore', 'retryAt', 'ahead', 'expiresAt', 'signedInAt'],
]);

/** What names people does so by their ids. */
const holdsPeople: ReadonlySet<string> = new Set(['counted']);

const textsFor = (schema: z.ZodType, field: string, { text }: Choice): readonly string[] => {
  if (holdsPeople.has(field)) return [person];
  const wanted = holdsMoment.has(field) ? moments : [text, ...wellFormed];
  const fit = wanted.filter((one) => schema.safeParse(one).success);
  if (fit.length === 0) throw new Error(`no text for ${field}`);
  return holdsMoment.has(field) ? fit : fit.slice(0, 1);
};

function objects(schema: z.ZodObject, choice: Choice): readonly unknown[] {
  const members = Object.entries(schema.shape).map(
    ([name, inner]) => [name, samplesOf(inner as z.ZodType, choice, name)] as const,
  );
  const count = Math.max(1, ...members.map(([, values]) => values.length));
  return Array.from({ length: count }, (_, n) =>
    Object.fromEntries(members.map(([name, values]) => [name, values[n % values.length]])),
  );
}

function lists(schema: z.ZodArray, choice: Choice, field: string): readonly unknown[] {
  if (choice.many === 0 && schema.safeParse([]).success) return [[]];
  const values = samplesOf(schema.element as z.ZodType, choice, field);
  const count = Math.max(choice.many, values.length);
  return [Array.from({ length: count }, (_, n) => values[n % values.length])];
}

/** A schema that this does not know throws: it is to be told here. */
function samplesOf(schema: z.ZodType, choice: Choice, field = ''): readonly unknown[] {
  if (schema instanceof z.ZodObject) return objects(schema, choice);
  if (schema instanceof z.ZodArray) return lists(schema, choice, field);
  if (schema instanceof z.ZodUnion) {
    return schema.options.flatMap((option) => samplesOf(option as z.ZodType, choice, field));
  }
  if (schema instanceof z.ZodNullable) {
    return choice.nulls ? [null] : samplesOf(schema.unwrap() as z.ZodType, choice, field);
  }
  if (schema instanceof z.ZodOptional) {
    return choice.nulls ? [undefined] : samplesOf(schema.unwrap() as z.ZodType, choice, field);
  }
  if (schema instanceof z.ZodPipe) return samplesOf(schema.in as z.ZodType, choice, field);
  if (schema instanceof z.ZodLiteral) return [...schema.values];
  if (schema instanceof z.ZodEnum) return schema.options;
  if (schema instanceof z.ZodNull) return [null];
  if (schema instanceof z.ZodBoolean) return [true, false];
  if (schema instanceof z.ZodNumber) return [0, 1, 4096].filter((one) => schema.safeParse(one).success);
  if (schema instanceof z.ZodRecord) return [{}, { keyVersion: '0123456789abcdef0123456789abcdef' }];
  if (schema instanceof z.ZodTuple)
    return [schema.def.items.map((item) => samplesOf(item as z.ZodType, choice, '')[0])];
  if (schema.def.type === 'string') return textsFor(schema, field, choice);
  throw new Error(`no samples of ${schema.def.type} for ${field}`);
}

export const oddTexts: readonly string[] = [
  '',
  ', ',
  'a',
  'a, b, c',
  '*bold* [link](https://example.com)',
  '7',
  'x'.repeat(300),
  '2027-01-01T00:00:00.000Z',
];

const choices: readonly Choice[] = [
  ...oddTexts.map((text): Choice => ({ text, many: 3, nulls: false })),
  ...([0, 1, 3] as const).flatMap((many) => [true, false].map((nulls): Choice => ({ text: 'a', many, nulls }))),
];

/** All that are told apart, each as the schema reads it. */
export const allSamplesOf = <S extends z.ZodType>(schema: S): readonly z.infer<S>[] => {
  const found = new Set(choices.flatMap((choice) => samplesOf(schema, choice)).map((one) => JSON.stringify(one)));
  return [...found].map((one) => schema.parse(JSON.parse(one)));
};
