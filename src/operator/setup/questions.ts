/** Every question of the wizard, in order: each rests only on those before it. */
import type { Question } from './question.ts';
import { channelQuestions } from './questions/channels.ts';
import { checkedQuestions } from './questions/checked.ts';
import { peopleQuestions } from './questions/people.ts';
import { placeQuestions } from './questions/place.ts';
import { recordQuestions } from './questions/record.ts';

export const questions: readonly Question[] = [
  ...placeQuestions,
  ...peopleQuestions,
  ...channelQuestions,
  ...recordQuestions,
  ...checkedQuestions,
];
