/** Words for who uses a vault or a key. */
import { type KeyHolder, type KeyImpact, type KeyUser, undeclared, unpermitted } from '../domain/key-impact.ts';
import { joinList } from '../domain/strings.ts';
import { controllerWords } from './control.ts';
import { countOf } from './count.ts';
import { failureLine } from './failures.ts';
import type { Mark } from './mark.ts';
import { placeWords, shortVersion } from './places.ts';

export interface ImpactRow {
  readonly mark: Mark;
  readonly name: string;
  readonly detail: string;
}

export interface ImpactSection {
  readonly title: string;
  readonly rows: readonly ImpactRow[];
}

const userRow = ({ id, name, noun, keyName, keyVersion }: KeyUser, mark: Mark = 'idle'): ImpactRow => ({
  mark,
  name: `${name}, ${noun}`,
  detail: `key ${keyName}, ${keyVersion === null ? 'no version named' : `version ${shortVersion(keyVersion)}`}; ${placeWords(id)}`,
});

const holderRow = (holder: KeyHolder, mark: Mark, detail: string): ImpactRow => ({
  mark,
  name: controllerWords({ ...holder, can: [] }),
  detail,
});

const differences = (impact: KeyImpact): readonly ImpactRow[] => [
  ...unpermitted(impact).map((user) => ({
    ...userRow(user, 'alarm'),
    detail: 'Declares the key, but its identity doesn’t have permission to use it.',
  })),
  ...undeclared(impact).map((holder) =>
    holderRow(holder, 'warn', 'Has permission to use the key, but no listed resource with this identity declares it.'),
  ),
];

const notRead = ({ unread, hidden, holders }: KeyImpact): readonly ImpactRow[] => [
  ...unread.map(({ subscriptionId, failure }) => ({
    mark: 'warn' as const,
    name: `Subscription ${subscriptionId}`,
    detail: failureLine(failure),
  })),
  ...hidden.map(({ subscriptionId, nouns }) => ({
    mark: 'warn' as const,
    name: `${countOf(nouns.length, 'resource type', 'resource types')} in subscription ${subscriptionId}`,
    detail: `The bot doesn’t have permission to read these, such as ${joinList(nouns.slice(0, 3))}. To include them, assign the role Reader to its identity.`,
  })),
  ...(holders === null
    ? [
        {
          mark: 'warn' as const,
          name: 'Who has permission to use the key',
          detail: 'The bot doesn’t have permission to read role assignments there.',
        },
      ]
    : []),
];

/** `cmk-triage in kv-care-prod`, `kv-care-prod` */
export const impactTitle = ({ vault, keyName }: KeyImpact): string =>
  keyName === null ? vault.name : `${keyName} in ${vault.name}`;

export const impactSummary = (impact: KeyImpact): string => {
  const what = impact.keyName === null ? 'a key of this vault' : 'this key';
  const users = `${countOf(new Set(impact.users.map(({ id }) => id)).size, 'resource declares', 'resources declare')} ${what}.`;
  const gaps = notRead(impact).length === 0 ? '' : ' Not everything could be read.';
  return `${users}${gaps} Keys of objects inside a service, and uses from other tenants, aren’t listed. The vault’s log isn’t read.`;
};

/** Only those that have rows. */
export const impactSections = (impact: KeyImpact): readonly ImpactSection[] =>
  [
    { title: 'Differences', rows: differences(impact) },
    { title: 'Declared by resources', rows: impact.users.map((user) => userRow(user)) },
    { title: 'Have permission', rows: (impact.holders ?? []).map((one) => holderRow(one, 'idle', one.id)) },
    { title: 'Not read', rows: notRead(impact) },
  ].filter(({ rows }) => rows.length > 0);
