/** Texts for checks of an old key version that is to be disabled. */
import type { FactOf } from '../domain/check.ts';
import { joinList } from '../domain/strings.ts';
import { utcMinute } from './instants.ts';
import { shortVersion } from './places.ts';
import { type CheckWords, countOf, pass, type WordsByCode } from './words.ts';

const logReasons: Readonly<Record<FactOf<'vault-log-needed'>['why'], (told: string) => string>> = {
  'not-configured': () => 'No workspace is configured (CMK_LOGS_WORKSPACE).',
  'no-rows': () => 'The workspace has no rows of this vault.',
  'not-readable': (code) => `Azure says ${code}.`,
  'too-short': (first) => `The log begins on ${utcMinute(first)}. It must cover at least a day.`,
  'too-old': (last) => `The last row is of ${utcMinute(last)}. Since then, the vault has logged nothing.`,
};

function newVersionWords({ since, until }: FactOf<'new-version-used'>): CheckWords {
  if (since === null || until === null)
    return {
      title: 'The log shows no use of the current version by the agent.',
      text: 'The agent might still need the old version.',
      remedy: 'Check again once the agent used its key. Microsoft doesn’t say how often it does.',
    };
  return {
    title: 'The agent began to use the current version less than a day ago.',
    text: `First use: ${utcMinute(since)}. Azure might use the old version for up to a day.`,
    remedy: `Request this after ${utcMinute(until)}.`,
  };
}

const userWords: Readonly<Record<FactOf<'old-version-used'>['users'][number]['how'], (last: string) => string>> = {
  declares: () => 'declares it',
  used: (last) => `used it last on ${last}`,
  'used-undeclared': (last) => `used it last on ${last}, and no listed resource declares that`,
  refused: (last) => `was refused on ${last} when it called with it`,
};

export const retirementChecks = {
  'old-version-unfit': ({ version, why }) => ({
    title: `Version ${shortVersion(version)} ${why === 'missing' ? 'doesn’t exist' : 'is already disabled'}.`,
    text: '',
    remedy: 'Choose a version that is enabled.',
  }),
  'vault-log-needed': ({ why, told }) => ({
    title: 'The vault’s log can’t show whether the old version is used.',
    text: logReasons[why](told ?? ''),
    remedy: 'Ask an operator to set up usage checks: docs/how-to/set-up-usage-checks.md.',
  }),
  'new-version-used': (fact, outcome) =>
    outcome === 'pass'
      ? pass(`The agent uses the current version since ${utcMinute(fact.since ?? '')}`)
      : newVersionWords(fact),
  'old-version-used': ({ version, users, since }) =>
    users.length === 0
      ? pass(
          `No listed resource declares version ${shortVersion(version)}${since === undefined ? '' : `, and the log since ${utcMinute(since)} shows no caller that needs it`}`,
        )
      : {
          title: `Version ${shortVersion(version)} is still used.`,
          text: `${joinList(users.map(({ name, how, last }) => `${name} ${userWords[how](utcMinute(last ?? ''))}`))}.`,
          remedy:
            'Move each to the current version, and check again a day later. A use that nothing declares blocks until the log doesn’t have it any more.',
        },
  'declared-not-read': ({ subscriptions, types }) => ({
    title: 'Not every resource could be read',
    text: `Not read: ${joinList([
      ...(subscriptions === 0 ? [] : [countOf(subscriptions, 'subscription', 'subscriptions')]),
      ...(types === 0 ? [] : [countOf(types, 'resource type', 'resource types')]),
    ])}. A resource there might need the old version. /key-impact shows what.`,
    remedy: '',
  }),
} satisfies Partial<WordsByCode>;
