/** Calls of Azure by what they are about, beside the least set that would do for the plan that is measured. */

export interface Call {
  readonly method: string;
  readonly url: string;
}

/** The first that fits names the call. */
const subjects: readonly (readonly [subject: string, of: RegExp])[] = [
  ['token', /\/oauth2\//],
  ['directory, in one call', /\/v1\.0\/\$batch$/],
  ['directory', /\/v1\.0\//],
  ['operation', /\/operationStatuses\//],
  ['locks', /\/Microsoft\.Authorization\/locks/],
  ['permissions', /\/Microsoft\.Authorization\/permissions/],
  ['role definition', /\/roleDefinitions\//],
  ['role assignments', /\/roleAssignments/],
  ['agent', /\/healthBots\//],
  ['key, through ARM', /\/vaults\/[^/]+\/keys\//],
  ['vault', /\/Microsoft\.KeyVault\/vaults\//],
  ['subscription', /^[^?]*\/subscriptions\/[^/?]+(\?|$)/],
  ['key, at its vault: wrap', /\/wrapkey/i],
  ['key, at its vault: unwrap', /\/unwrapkey/i],
  ['key, at its vault', /\/keys\//],
];

/** Who asks whom is no call about the plan: people are asked about anew whenever somebody looks at a card. */
const aside: readonly string[] = ['GET directory', 'POST directory', 'POST directory, in one call', 'POST token'];

/**
 * What the approval covers is looked at once before anything is written; what is written is looked at right before it and read
 * back after it; at the end everything is read once more, and the key is tried. `Each`: as many as there are.
 */
const leastOf: Readonly<Record<string, readonly [count: number | 'each', why: string]>> = {
  'GET agent': [6, 'the approval covers it; before and after its identity and its key; at the end'],
  'GET vault': [4, 'the approval covers it; before and after its protection; at the end'],
  'GET role assignments': [4, 'the approval covers who controls the key; before and after the grant; at the end'],
  'GET role definition': ['each', 'the approval covers what they allow'],
  'GET key, through ARM': [1, 'the approval covers it'],
  'GET locks': [2, 'of agent and vault, before any write'],
  'GET permissions': [2, 'of agent and vault, before any write'],
  'GET subscription': [1, 'how people call it'],
  'PATCH agent': [2, 'identity and key'],
  'PUT role assignments': [1, 'the grant'],
  'PATCH vault': [1, 'protection'],
  'GET operation': [2, 'of identity and key'],
  'POST key, at its vault: wrap': [1, 'the key is tried'],
  'POST key, at its vault: unwrap': [1, 'the key is tried'],
};

const kindOf = ({ method, url }: Call): string =>
  `${method} ${subjects.find(([, of]) => of.test(url))?.[0] ?? `something else: ${new URL(url, 'https://azure').pathname}`}`;

export interface Kind {
  readonly kind: string;
  readonly made: number;
  /** Null: not counted. */
  readonly least: number | null;
  readonly why: string;
}

export function callsByKind(calls: readonly Call[]): { kinds: readonly Kind[]; made: number; least: number } {
  const urls = new Map<string, string[]>(Object.keys(leastOf).map((kind) => [kind, []]));
  for (const call of calls) {
    const kind = kindOf(call);
    urls.set(kind, [...(urls.get(kind) ?? []), call.url]);
  }
  const kinds = [...urls].map(([kind, made]): Kind => {
    const [count, why] = leastOf[kind] ?? [0, ''];
    const least = count === 'each' ? new Set(made).size : count;
    return {
      kind,
      made: made.length,
      least: aside.includes(kind) ? null : least,
      why: aside.includes(kind) ? 'not counted' : why,
    };
  });
  const counted = kinds.filter(({ least }) => least !== null);
  const sum = (of: (kind: Kind) => number): number => counted.reduce((total, kind) => total + of(kind), 0);
  return { kinds, made: sum(({ made }) => made), least: sum(({ least }) => least ?? 0) };
}
