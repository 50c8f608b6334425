/** A question of the wizard, as data: what it asks, what it explains, and what of an answer is taken. */
import { type Environment, environmentSchema } from '../../config/settings/table.ts';
import type { SetupWorld } from './world.ts';

export const questionIds = [
  'runs',
  'tenant',
  'identity',
  'app',
  'secret',
  'host',
  'subscriptions',
  'ask',
  'approve',
  'approvals',
  'signIn',
  'signInApp',
  'signInSecret',
  'operations',
  'approvalsChannel',
  'audit',
  'server',
  'database',
  'authority',
  'role',
  'password',
  'owner',
  'ownerPassword',
  'ownerIdentity',
  'seal',
  'anchor',
  'logKey',
  'vaultKey',
  'witnesses',
  'workspace',
  'policy',
] as const;
export type QuestionId = (typeof questionIds)[number];

/** An answer that was taken. */
export interface SetupAnswer {
  /** As it was typed: it is what is kept, and looked at anew. */
  readonly given: string;
  /** What it means: an id, a host name, a list with commas. */
  readonly value: string;
  /** What the last look shows of it. */
  readonly shown: string;
  /** What later questions rest on: ids of people behind a group. */
  readonly people?: readonly string[];
}

export type Answers = ReadonlyMap<QuestionId, SetupAnswer>;

/** `good`: was seen. `mind`: is possible, and costs something. */
export interface AnswerNote {
  readonly kind: 'good' | 'mind';
  readonly text: string;
}

type Taken = Omit<SetupAnswer, 'given'> & { readonly notes: readonly AnswerNote[] };

export type Checked =
  | ({ readonly kind: 'taken' } & Taken)
  /** It may be, but only if it is meant. */
  | ({ readonly kind: 'doubt'; readonly doubt: string } & Taken)
  | { readonly kind: 'refused'; readonly why: string };

export interface Question {
  readonly id: QuestionId;
  /** Of nine. */
  readonly part: number;
  /** One line, or a few: what to choose from. */
  readonly asks: (answers: Answers, world: SetupWorld) => Promise<string> | string;
  /** What `?` tells. */
  readonly explains: string;
  /** What Enter takes; null: it has to be answered. */
  readonly usual: (answers: Answers, world: SetupWorld) => Promise<string | null> | string | null;
  /** Typed unseen, and kept nowhere but in the settings. */
  readonly isSecret?: true;
  /** Left out where earlier answers say so. */
  readonly isAsked: (answers: Answers) => boolean;
  readonly check: (given: string, answers: Answers, world: SetupWorld) => Promise<Checked> | Checked;
}

export const taken = (value: string, shown: string, ...notes: readonly AnswerNote[]): Checked & { kind: 'taken' } => ({
  kind: 'taken',
  value,
  shown,
  notes,
});
export const doubted = (doubt: string, { kind: _, ...rest }: Checked & { kind: 'taken' }): Checked => ({
  kind: 'doubt',
  doubt,
  ...rest,
});
export const refusedAnswer = (why: string): Checked => ({ kind: 'refused', why });
export const good = (text: string): AnswerNote => ({ kind: 'good', text });
export const mind = (text: string): AnswerNote => ({ kind: 'mind', text });

/** Whether the bot would take it for the setting. */
export const fits = (name: keyof Environment, given: string): boolean =>
  environmentSchema.shape[name].safeParse(given).success;

export const always = (): boolean => true;
/** By azd, which makes identity, address and database itself. */
export const byAzd = (answers: Answers): boolean => answerTo(answers, 'runs') === 'azure';
export const byHand = (answers: Answers): boolean => !byAzd(answers);
export const noDefault = (): null => null;
export const answerTo = (answers: Answers, id: QuestionId): string => answers.get(id)?.value ?? '';

/** One of what is offered, by its number. */
export function chosen<T extends string>(given: string, offered: readonly (readonly [T, string])[]): Checked {
  const one = offered[Number(given) - 1];
  if (one === undefined) return refusedAnswer(`Type a number from 1 to ${offered.length}.`);
  return taken(one[0], one[1]);
}

/** `   1  Azure Container Apps` */
export const listedChoices = (lines: readonly string[]): string =>
  lines.map((line, at) => `   ${String(at + 1).padStart(2)}  ${line}`).join('\n');
