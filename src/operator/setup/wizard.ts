/** Runs the wizard: asks the questions in order, checks answers, and can go back. */
import { z } from 'zod';
import {
  type AnswerCheck,
  type AnswerNote,
  type Answers,
  answerOf,
  type Question,
  type QuestionId,
  questionIds,
  type SetupAnswer,
  type SetupWorld,
  usualAnswer,
} from './question.ts';
import { channelQuestions } from './questions/channels.ts';
import { databaseQuestions } from './questions/database.ts';
import { peopleQuestions } from './questions/people.ts';
import { placeQuestions } from './questions/place.ts';
import { verificationQuestions } from './questions/verification.ts';

const rows: readonly (readonly [string, readonly QuestionId[]])[] = [
  ['runs', ['runs']],
  ['identity', ['identity', 'app']],
  ['address', ['host']],
  ['subscriptions', ['subscriptions']],
  ['requesters', ['ask']],
  ['approvers', ['approve']],
  ['approvals', ['approvals']],
  ['sign-in', ['signIn']],
  ['channels', ['operations', 'approvalsChannel', 'audit']],
  ['database', ['server', 'database', 'role']],
  ['seal key', ['seal']],
  ['published', ['anchor', 'logKey']],
  ['vault key', ['vaultKey']],
  ['witnesses', ['witnesses']],
  ['vault logs', ['workspace']],
  ['policy file', ['policy']],
];

/** Returns the summary, one line each, without skipped questions. */
export const summary = (answers: Answers): string =>
  rows
    .map(([name, ids]) => [name, ids.flatMap((id) => answers.get(id)?.shown ?? [])] as const)
    .filter(([, shown]) => shown.length > 0)
    .map(([name, shown]) => `   ${name.padEnd(14)}${shown.join(', ')}`)
    .join('\n');

export interface Conversation {
  say(text: string): Promise<void>;
  /** Returns the typed text; null: interrupted. */
  hear(how: { readonly unseen: boolean }): Promise<string | null>;
}

type WizardResult =
  | { readonly kind: 'answered'; readonly answers: Answers }
  /** Interrupted: the answers so far, without secrets, and the current part. */
  | { readonly kind: 'stopped'; readonly answers: Answers; readonly part: number }
  | { readonly kind: 'declined'; readonly answers: Answers };

const titles = [
  'Where it runs',
  'The bot’s identity',
  'The bot’s address',
  'Subscriptions',
  'People',
  'Teams',
  'Audit log',
  'Verification, and optional settings',
  'Review',
] as const;

export const titleOf = (part: number): string => `${part} of ${titles.length}  ${titles[part - 1] ?? ''}`;

const marks: Readonly<Record<AnswerNote['kind'], string>> = { good: '✔', mind: '!' };
const notesOf = (notes: readonly AnswerNote[]): string =>
  notes.map(({ kind, text }) => `   ${marks[kind]} ${text}`).join('\n');

const isYes = (text: string, usual: boolean): boolean =>
  text.trim() === '' ? usual : /^(y|yes|j|ja)$/i.test(text.trim());

type Outcome = { readonly kind: 'answer'; readonly answer: SetupAnswer } | { readonly kind: 'back' | 'stopped' };

interface WizardState {
  readonly conversation: Conversation;
  readonly world: SetupWorld;
  readonly answers: Map<QuestionId, SetupAnswer>;
}

const defaultOf = async (question: Question, { answers, world }: WizardState): Promise<string | null> => {
  const before = question.isSecret === true ? undefined : answers.get(question.id)?.given;
  return before ?? usualAnswer(question, answers, world);
};

async function accept(given: string, checked: AnswerCheck, { conversation }: WizardState): Promise<Outcome | null> {
  if (checked.kind === 'refused') {
    await conversation.say(`   ✘ ${checked.why}`);
    return null;
  }
  if (checked.notes.length > 0) await conversation.say(notesOf(checked.notes));
  if (checked.kind === 'doubt') {
    await conversation.say(`   ! ${checked.doubt} Keep it? [n]`);
    const reply = await conversation.hear({ unseen: false });
    if (reply === null) return { kind: 'stopped' };
    if (!isYes(reply, false)) return null;
  }
  return { kind: 'answer', answer: answerOf(given, checked) };
}

async function ask(question: Question, state: WizardState): Promise<Outcome> {
  const { conversation, answers, world } = state;
  for (;;) {
    const usual = await defaultOf(question, state);
    const [line = '', ...choices] = (await question.asks(answers, world)).split('\n');
    const shown = usual === null ? '' : ` [${usual}]`;
    await conversation.say([`   ${line}${shown}`, ...choices].join('\n'));
    const typed = await conversation.hear({ unseen: question.isSecret === true });
    if (typed === null) return { kind: 'stopped' };
    const given = typed.trim() === '' ? (usual ?? '') : typed.trim();
    if (given === '<') return { kind: 'back' };
    if (given === '?') await conversation.say(`   ${question.explains}`);
    else if (given === '') await conversation.say('   ✘ Type an answer. ? explains the question, < goes back.');
    else {
      const outcome = await accept(given, await question.check(given, answers, world), state);
      if (outcome !== null) return outcome;
    }
  }
}

function previousIndex(questions: readonly Question[], at: number, answers: Answers): number {
  const back = questions.slice(0, at).findLastIndex((question) => question.isAsked(answers));
  return back === -1 ? at : back;
}

/** Returns yes, no, or the part to go back to; null: interrupted. */
async function review(
  questions: readonly Question[],
  { conversation, answers }: WizardState,
): Promise<boolean | number | null> {
  await conversation.say(`\n${titleOf(titles.length)}\n${summary(answers)}`);
  for (;;) {
    await conversation.say(
      `   Write the settings? [Y]  A number from 1 to ${titles.length - 1} goes back to that part.`,
    );
    const reply = await conversation.hear({ unseen: false });
    if (reply === null) return null;
    if (/^[1-8]$/.test(reply.trim())) return questions.findIndex(({ part }) => part === Number(reply));
    if (isYes(reply, true)) return true;
    if (/^n/i.test(reply.trim())) return false;
  }
}

/** Asks all questions and the final confirmation. `kept`: saved answers, which aren't asked again. */
export async function runQuestions(
  questions: readonly Question[],
  conversation: Conversation,
  world: SetupWorld,
  kept: Answers = new Map(),
): Promise<WizardResult> {
  const answers = new Map(kept);
  const state: WizardState = { conversation, world, answers };
  let [at, part] = [0, 0];
  /** Questions before this index have saved answers. */
  let known = questions.findIndex((question) => question.isAsked(answers) && !answers.has(question.id));
  if (known === -1) known = questions.length;
  for (;;) {
    const question = questions[at];
    if (question === undefined) {
      const reply = await review(questions, state);
      if (reply === null) return { kind: 'stopped', answers, part: titles.length };
      if (typeof reply === 'boolean') return { kind: reply ? 'answered' : 'declined', answers };
      [at, known, part] = [reply, reply, 0];
    } else if (at < known || !question.isAsked(answers)) {
      if (!question.isAsked(answers)) answers.delete(question.id);
      at += 1;
    } else {
      if (question.part !== part) await conversation.say(`\n${titleOf(question.part)}`);
      part = question.part;
      const outcome = await ask(question, state);
      if (outcome.kind === 'stopped') return { kind: 'stopped', answers, part };
      if (outcome.kind === 'answer') answers.set(question.id, outcome.answer);
      at = outcome.kind === 'answer' ? at + 1 : previousIndex(questions, at, answers);
      known = Math.min(known, at);
    }
  }
}

/** All questions in order. Each depends only on earlier ones. */
export const questions: readonly Question[] = [
  ...placeQuestions,
  ...peopleQuestions,
  ...channelQuestions,
  ...databaseQuestions,
  ...verificationQuestions,
];

/** `confirmed`: questions whose unusual answers are intended. */
export const AnswerFile = z.strictObject({
  ...(Object.fromEntries(questionIds.map((id) => [id, z.string().optional()])) as Record<
    QuestionId,
    z.ZodOptional<z.ZodString>
  >),
  confirmed: z.array(z.enum(questionIds)).default([]),
});
export type AnswerFile = z.output<typeof AnswerFile>;

type JudgedAnswer =
  | { readonly kind: 'answered'; readonly answers: Answers; readonly notes: readonly string[] }
  | { readonly kind: 'refused'; readonly mistakes: readonly (readonly [QuestionId, string])[] };

export async function judgeAnswers(
  questions: readonly Question[],
  file: AnswerFile,
  world: SetupWorld,
): Promise<JudgedAnswer> {
  const answers = new Map<QuestionId, SetupAnswer>();
  const mistakes: (readonly [QuestionId, string])[] = [];
  const notes: string[] = [];
  for (const question of questions) {
    const { id } = question;
    if (!question.isAsked(answers)) continue;
    const given = file[id] ?? (await usualAnswer(question, answers, world));
    if (given === null) {
      mistakes.push([id, 'is missing']);
      continue;
    }
    const checked = await question.check(given, answers, world);
    if (checked.kind === 'refused') mistakes.push([id, checked.why]);
    else if (checked.kind === 'doubt' && !file.confirmed.includes(id)) {
      mistakes.push([id, `${checked.doubt} If this is intended, add ${id} to confirmed.`]);
    } else {
      answers.set(id, answerOf(given, checked));
      notes.push(...checked.notes.filter(({ kind }) => kind === 'mind').map(({ text }) => `${id}: ${text}`));
    }
  }
  return mistakes.length > 0 ? { kind: 'refused', mistakes } : { kind: 'answered', answers, notes };
}
