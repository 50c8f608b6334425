/** The channels, as people have them: links. */
import { readChannelLink } from '../channel-link.ts';
import {
  type Answers,
  always,
  answerTo,
  type Checked,
  doubted,
  good,
  noDefault,
  type Question,
  type QuestionId,
  refusedAnswer,
  taken,
} from '../question.ts';

/** Another than these, whose names are told where they are given again. */
function checkLink(given: string, answers: Answers, others: readonly (readonly [QuestionId, string])[]): Checked {
  const read = readChannelLink(given, answerTo(answers, 'tenant'));
  if (read.kind === 'refused') return refusedAnswer(read.why);
  const { channelId, name } = read.link;
  const same = others.find(([id]) => answerTo(answers, id) === channelId);
  if (same !== undefined)
    return refusedAnswer(`That is the ${same[1]} channel. The trail needs one of its own, or “none”.`);
  return taken(channelId, name, good(name === channelId ? channelId : `${channelId}, “${name}”`));
}

const unseen = 'The id is read from the link; whether the bot may post there only a first message shows.';

const operations: Question = {
  id: 'operations',
  part: 6,
  asks: () => 'Link to the channel where people ask (in the channel’s menu: Get link to channel)',
  explains: `Requests and their progress are shown there. ${unseen}`,
  usual: noDefault,
  isAsked: always,
  check: (given, answers) => checkLink(given, answers, []),
};

const approvalsChannel: Question = {
  id: 'approvalsChannel',
  part: 6,
  asks: () => 'Link to the channel where approvers are asked, or “same”',
  explains: `Whoever is in the channel reads what is asked; who may decide is said by the groups alone. ${unseen}`,
  usual: () => 'same',
  isAsked: always,
  check: (given, answers) => {
    if (given.toLowerCase() !== 'same') return checkLink(given, answers, []);
    return taken(answerTo(answers, 'operations'), answers.get('operations')?.shown ?? '');
  },
};

const audit: Question = {
  id: 'audit',
  part: 6,
  asks: () => 'Link to the channel for the audit trail, which nothing else uses, or “none”',
  explains: 'Every event is copied there, with its hash: a copy that the database’s owner cannot change unseen.',
  usual: noDefault,
  isAsked: always,
  check: (given, answers) => {
    if (given.toLowerCase() === 'none') {
      return doubted('The record in the database is then the only trail.', taken('none', 'none'));
    }
    return checkLink(given, answers, [
      ['operations', 'operations'],
      ['approvalsChannel', 'approvals'],
    ]);
  },
};

export const channelQuestions: readonly Question[] = [operations, approvalsChannel, audit];
