/**
 * Texts about a usage check: what the vault's log says about the resource's use of its key. Plain text, not escaped for
 * cards.
 */
import type { AllowedBy, UseAnswer } from '../domain/usage-check.ts';
import { cutAtSentence } from './excerpt.ts';
import { sourceWords } from './failures.ts';
import { quote } from './quote.ts';

/** A time, ISO 8601. Each reader sees it in their own format. */
export interface Instant {
  readonly at: string;
}
/** Parts of a sentence, joined by spaces. */
export type KeyUseSentence = readonly (string | Instant)[];

/** Returns the sentence as text, with times in this format. */
export const sentence = (parts: KeyUseSentence, form: (instant: string) => string): string =>
  parts.map((part) => (typeof part === 'string' ? part : form(part.at))).join(' ');

function allowedWords(allowed: AllowedBy): string {
  switch (allowed.by) {
    case 'role-assignment':
      return allowed.ours
        ? `Access came from role assignment ${allowed.id}, which the bot created.`
        : `Access came from role assignment ${allowed.id}, which the bot didn’t create.`;
    case 'access-policy':
      return 'Access came from the vault’s access policy.';
    case 'not-told':
      return 'The log doesn’t say what gave access.';
  }
}

const did = { KeyWrap: 'wrapped', KeyUnwrap: 'unwrapped' } as const;

type Of<O extends UseAnswer['outcome']> = Extract<UseAnswer, { readonly outcome: O }>;

const usedWords = ({ operation, allowedBy }: Of<'used'>): readonly KeyUseSentence[] => [
  [`The vault’s log shows that the resource’s identity ${did[operation]} with this version (${operation}).`],
  [allowedWords(allowedBy)],
];

function notUsedWords({ first, last, refused }: Of<'not-used'>): readonly KeyUseSentence[] {
  const seen: KeyUseSentence = [
    'From',
    { at: first },
    'to',
    { at: last },
    'the Key Vault log has no entry of this resource using this key version. This isn’t an error: the resource might not have needed the key yet.',
  ];
  if (refused === null) return [seen];
  return [seen, ['The resource tried at', { at: refused.at }, `and the vault refused (${refused.status}).`]];
}

const longestOfAzure = 300;
const look = 'Check the vault’s diagnostic settings.';

function unknownWords({ why }: Of<'unknown'>): readonly KeyUseSentence[] {
  switch (why.code) {
    case 'not-readable':
      return [
        ['The vault’s log could not be read. cmk-bot doctor says what to do.'],
        [`${sourceWords(why.failure)}: ${quote(cutAtSentence(messageIn(why.failure), longestOfAzure))}`],
      ];
    case 'not-asked':
      return [['CMK_LOGS_WORKSPACE was removed after the request succeeded, so the bot can’t read the Key Vault log.']];
    case 'no-log-before':
      return why.first === null
        ? [[`The log has no entries of this vault. ${look}`]]
        : [['The vault’s log begins at', { at: why.first }, 'so earlier use is unknown.']];
    case 'no-log-since':
      return [['The log has no entries of this vault since', { at: why.last }, `which is too early to know. ${look}`]];
  }
}

const messageIn = (failure: Extract<Of<'unknown'>['why'], { code: 'not-readable' }>['failure']): string =>
  failure.source === 'bot' ? failure.found.code : failure.message;

/** Returns the result of the usage check, and its source. */
export function useWords(answer: UseAnswer): readonly KeyUseSentence[] {
  switch (answer.outcome) {
    case 'used':
      return usedWords(answer);
    case 'not-used':
      return notUsedWords(answer);
    case 'unknown':
      return unknownWords(answer);
  }
}

/** The result as a title. */
export const useTitles: Readonly<Record<UseAnswer['outcome'], string>> = {
  used: 'Use of the key observed',
  'not-used': 'Use of the key not observed',
  unknown: 'Use of the key unknown',
};

/** While the usage check is running. */
export const usageCheckWords = (until: string): KeyUseSentence => [
  'The bot checks the Key Vault log until',
  { at: until },
  'because entries arrive after 3 to 10 minutes. You don’t have to wait.',
];
