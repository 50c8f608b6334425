/**
 * Texts about a usage check: what the vault's log says about the agent's use of its key. Plain text, not escaped for
 * cards.
 */
import type { AllowedBy, UseAnswer } from '../domain/key-use.ts';
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
        ? `Role assignment ${allowed.id}, which the bot makes, let it in.`
        : `Role assignment ${allowed.id}, which the bot did not make, let it in.`;
    case 'access-policy':
      return 'The vault’s access policy let it in.';
    case 'not-told':
      return 'What let it in the log does not tell.';
  }
}

const did = { KeyWrap: 'wrapped', KeyUnwrap: 'unwrapped' } as const;

type Of<O extends UseAnswer['outcome']> = Extract<UseAnswer, { readonly outcome: O }>;

const usedWords = ({ operation, allowedBy }: Of<'used'>): readonly KeyUseSentence[] => [
  [`The vault’s log shows that the agent’s identity ${did[operation]} with this version (${operation}).`],
  [allowedWords(allowedBy)],
];

function notUsedWords({ first, last, refused }: Of<'not-used'>): readonly KeyUseSentence[] {
  const seen: KeyUseSentence = [
    'From',
    { at: first },
    'to',
    { at: last },
    'the vault’s log has rows, before the change and after it, and in none of them the agent uses this version.',
  ];
  if (refused === null) return [seen];
  return [seen, ['The agent tried at', { at: refused.at }, `and the vault refused (${refused.status}).`]];
}

const longestOfAzure = 300;
const look = 'Look at the vault’s diagnostic settings.';

function unknownWords({ why }: Of<'unknown'>): readonly KeyUseSentence[] {
  switch (why.code) {
    case 'not-readable':
      return [
        ['The vault’s log could not be read. cmk-bot doctor says what to do.'],
        [`${sourceWords(why.failure)}: ${quote(cutAtSentence(messageIn(why.failure), longestOfAzure))}`],
      ];
    case 'not-asked':
      return [['Since it succeeded, CMK_LOGS_WORKSPACE was taken away: nobody looks into the vault’s log.']];
    case 'no-log-before':
      return why.first === null
        ? [[`The log has nothing of this vault. ${look}`]]
        : [['The vault’s log begins at', { at: why.first }, 'and does not tell what came before.']];
    case 'no-log-since':
      return [['Nothing of this vault has come into the log since', { at: why.last }, `which is too early. ${look}`]];
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
  used: 'The agent was seen using its key',
  'not-used': 'The agent was not seen using its key',
  unknown: 'Whether the agent uses its key is not known',
};

/** While the usage check is running. */
export const usageCheckWords = (until: string): KeyUseSentence => [
  'The vault’s log is asked until',
  { at: until },
  'as it is 3 to 10 minutes behind. Nothing waits for it.',
];
