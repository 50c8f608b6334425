/** Words for who uses a vault or a key. */
import {
  type KeyHolder,
  type KeyImpact,
  type KeyUser,
  type ObservedUse,
  type ObservedUser,
  observedOnly,
  unpermitted,
  unused,
} from '../domain/key-impact.ts';
import { joinList } from '../domain/strings.ts';
import { controllerWords } from './control.ts';
import { failureLine } from './failures.ts';
import { utcMinute } from './instants.ts';
import { placeWords, shortVersion } from './places.ts';
import { countOf, type Mark } from './words.ts';

interface ImpactRow {
  readonly mark: Mark;
  readonly name: string;
  readonly detail: string;
}

export interface ImpactSection {
  readonly title: string;
  readonly rows: readonly ImpactRow[];
}

const versionWords = (version: string | null): string =>
  version === null ? 'no version named' : `version ${shortVersion(version)}`;

const userRow = ({ id, name, noun, keyName, keyVersion }: KeyUser, mark: Mark = 'idle'): ImpactRow => ({
  mark,
  name: `${name}, ${noun}`,
  detail: `key ${keyName}, ${versionWords(keyVersion)}; ${placeWords(id)}`,
});

const holderRow = (holder: KeyHolder, mark: Mark, detail: string): ImpactRow => ({
  mark,
  name: controllerWords({ ...holder, can: [] }),
  detail,
});

/** The resource whose identity it is, if it is listed: an identity's own name says nothing. */
function permittedRow({ users }: KeyImpact, holder: KeyHolder): ImpactRow {
  const owner = users.find(({ identities }) => identities.includes(holder.id.toLowerCase()));
  if (owner !== undefined)
    return { mark: 'idle', name: `${owner.name}, ${owner.noun}`, detail: `identity ${holder.id}` };
  return holderRow(
    holder,
    'idle',
    holder.name === null && holder.type === 'app' ? 'Its name can’t be read.' : holder.id,
  );
}

/** `virtual-visit-agent, 3f2a…`: a resource by its name, with the object id of its identity. */
function callerWords({ resourceId, principalId, ...caller }: ObservedUser): string {
  const id = principalId ?? 'unknown';
  const resource = resourceId?.split('/').at(-1);
  return resource ? `${resource}, identity ${id}` : controllerWords({ ...caller, id, can: [] });
}

const observedRow = (user: ObservedUser, mark: Mark = 'idle', why = ''): ImpactRow => ({
  mark: user.refused ? 'warn' : mark,
  name: callerWords(user),
  detail: `${why}${user.refused ? 'Refused: key' : 'Key'} ${user.keyName}, ${versionWords(user.keyVersion)}; last on ${utcMinute(user.last)}.`,
});

const differences = (impact: KeyImpact): readonly ImpactRow[] => [
  ...unpermitted(impact).map((user) => ({
    ...userRow(user, 'alarm'),
    detail: 'Declares the key, but its identity doesn’t have permission to use it.',
  })),
  ...observedOnly(impact).map((user) =>
    observedRow(user, 'alarm', 'Used the key, but no listed resource with this identity declares it. '),
  ),
  ...unused(impact).map((holder) =>
    holderRow(
      holder,
      'warn',
      impact.observed.outcome === 'read'
        ? 'Has permission to use the key, but no listed resource declares it, and the log shows no use.'
        : 'Has permission to use the key, but no listed resource with this identity declares it.',
    ),
  ),
];

/** Why the log doesn't say who used the key. Null: it does. */
function unreadLogWords(observed: ObservedUse): string | null {
  switch (observed.outcome) {
    case 'read':
      return null;
    case 'no-rows':
      return 'The log has no rows of this vault. Turn on its diagnostic setting.';
    case 'not-configured':
      return 'No workspace is configured. An operator sets CMK_LOGS_WORKSPACE.';
    case 'not-readable':
      return failureLine(observed.failure);
  }
}

const unreadLog = (observed: ObservedUse): readonly ImpactRow[] => {
  const detail = unreadLogWords(observed);
  return detail === null ? [] : [{ mark: 'warn', name: 'Who used the key, by the vault’s log', detail }];
};

const notRead = ({ unread, hidden, holders, observed }: KeyImpact): readonly ImpactRow[] => [
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
  ...unreadLog(observed),
];

/** `cmk-triage in kv-care-prod`, `kv-care-prod` */
export const impactTitle = ({ vault, keyName }: KeyImpact): string =>
  keyName === null ? vault.name : `${keyName} in ${vault.name}`;

export const impactSummary = (impact: KeyImpact): string => {
  const what = impact.keyName === null ? 'a key of this vault' : 'this key';
  const users = `${countOf(new Set(impact.users.map(({ id }) => id)).size, 'resource declares', 'resources declare')} ${what}.`;
  const span =
    impact.observed.outcome === 'read'
      ? ` The log was read from ${utcMinute(impact.observed.first)} to ${utcMinute(impact.observed.last)}.`
      : '';
  const gaps = notRead(impact).length === 0 ? '' : ' Not everything could be read.';
  return `${users}${gaps} Keys of objects inside a service, and uses from other tenants, aren’t listed.${span}`;
};

/** Only those that have rows. */
export const impactSections = (impact: KeyImpact): readonly ImpactSection[] =>
  [
    { title: 'To check: permission and use differ', rows: differences(impact) },
    { title: 'Declared by resources', rows: impact.users.map((user) => userRow(user)) },
    { title: 'Have permission', rows: (impact.holders ?? []).map((one) => permittedRow(impact, one)) },
    {
      title: 'Used, by the vault’s log',
      rows: (impact.observed.outcome === 'read' ? impact.observed.users : []).map((user) => observedRow(user)),
    },
    { title: 'Not read', rows: notRead(impact) },
  ].filter(({ rows }) => rows.length > 0);
