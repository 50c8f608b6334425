/** Questions about channels, which people know as links. */
import { percentDecoded } from '../../../domain/strings.ts';
import {
  type AnswerCheck,
  type Answers,
  acceptAnswer,
  answerTo,
  doubtAnswer,
  good,
  inPart,
  type PartQuestion,
  type QuestionId,
  refuseAnswer,
} from '../question.ts';

// Links from "Get link to channel" in Teams (Microsoft's "Deep links to a channel"). They contain the id that the bot needs,
// which people can't see otherwise.

interface ChannelLink {
  /** `19:…@thread.tacv2` */
  readonly channelId: string;
  readonly name: string;
}

type ReadLink =
  | { readonly kind: 'channel'; readonly link: ChannelLink }
  | { readonly kind: 'refused'; readonly why: string };

const refuseLink = (why: string): ReadLink => ({ kind: 'refused', why });

const isChannelId = (text: string): boolean => /^19:[^\s/?#]+@thread\.(tacv2|skype)$/i.test(text);

const howTo = 'In the channel’s menu, select “Get link to channel”.';

/** Parses a channel link or id. `tenantId`: the only supported tenant; empty: not configured. */
export function readChannelLink(text: string, tenantId: string): ReadLink {
  const given = text.trim();
  if (isChannelId(given)) return { kind: 'channel', link: { channelId: given, name: given } };
  if (!URL.canParse(given)) return refuseLink(`This isn’t a link. ${howTo}`);
  const url = new URL(given);
  if (!/^(teams\.microsoft\.(com|us)|teams\.cloud\.microsoft|[\w.]+\.teams\.microsoft\.us)$/.test(url.hostname)) {
    return refuseLink(`This is a link to ${url.hostname}, not to Teams. ${howTo}`);
  }
  const [, l, kind = '', id = '', name = ''] = url.pathname.split('/');
  if (l !== 'l' || kind !== 'channel')
    return refuseLink(`This is a link to a ${kind || 'page'}, not to a channel. ${howTo}`);
  const channelId = percentDecoded(id);
  if (!isChannelId(channelId)) return refuseLink(`The link has no channel ID. ${howTo}`);
  const its = url.searchParams.get('tenantId')?.toLowerCase() ?? null;
  if (its !== null && tenantId !== '' && its !== tenantId.toLowerCase()) {
    return refuseLink(`This channel is in another tenant (${its}). The bot serves only ${tenantId}.`);
  }
  return { kind: 'channel', link: { channelId, name: percentDecoded(name) } };
}

/** Checks a link. Refuses a channel that another answer already uses. */
function checkLink(given: string, answers: Answers, others: readonly (readonly [QuestionId, string])[]): AnswerCheck {
  const read = readChannelLink(given, answerTo(answers, 'tenant'));
  if (read.kind === 'refused') return refuseAnswer(read.why);
  const { channelId, name } = read.link;
  const same = others.find(([id]) => answerTo(answers, id) === channelId);
  if (same !== undefined)
    return refuseAnswer(`This is the ${same[1]} channel. Choose another one for the audit log, or “none”.`);
  return acceptAnswer(channelId, name, good(name === channelId ? channelId : `${channelId}, “${name}”`));
}

const unseen =
  'The wizard reads the ID from the link. It can’t check whether the bot can post there: run cmk-bot doctor later.';

const operations: PartQuestion = {
  id: 'operations',
  asks: () => 'Link to the channel for requests (in the channel’s menu: Get link to channel)',
  explains: `The bot shows requests and their progress there. ${unseen}`,
  check: (given, answers) => checkLink(given, answers, []),
};

const approvalsChannel: PartQuestion = {
  id: 'approvalsChannel',
  asks: () => 'Link to the channel for approvals, or “same” for the same channel',
  explains: `Everyone in the channel can read requests. Only the groups of approvers decide who can approve. ${unseen}`,
  usual: 'same',
  check: (given, answers) => {
    if (given.toLowerCase() !== 'same') return checkLink(given, answers, []);
    return acceptAnswer(answerTo(answers, 'operations'), answers.get('operations')?.shown ?? '');
  },
};

const audit: PartQuestion = {
  id: 'audit',
  asks: () => 'Link to a channel for the audit log only, or “none”',
  explains: 'The bot copies every event there, with its hash. The database’s owner can’t change this copy.',
  check: (given, answers) => {
    if (given.toLowerCase() === 'none') {
      return doubtAnswer('Then the audit log has no copy in Teams.', acceptAnswer('none', 'none'));
    }
    return checkLink(given, answers, [
      ['operations', 'operations'],
      ['approvalsChannel', 'approvals'],
    ]);
  },
};

export const channelQuestions = inPart(6, [operations, approvalsChannel, audit]);
