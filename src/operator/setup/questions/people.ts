/** Questions about requesters, approvers, the number of approvals, and authentication. */
import { z } from 'zod';
import { countOf } from '../../../text/words.ts';
import {
  type AnswerCheck,
  type Answers,
  acceptAnswer,
  acceptIf,
  answerTo,
  byAzd,
  byHand,
  doubtAnswer,
  good,
  inPart,
  isManaged,
  isValidSetting,
  mind,
  type PartQuestion,
  refuseAnswer,
  type SetupWorld,
} from '../question.ts';
import { secretOf } from './place.ts';

interface NamedHolder {
  readonly id: string;
  readonly words: string;
  /** Null: the wizard can't look up names. */
  readonly people: readonly string[] | null;
}

/** Returns the group or person, or why there is none. */
async function resolveName(name: string, world: SetupWorld): Promise<NamedHolder | string> {
  const seen = await world.holder(name);
  if (seen.kind === 'unseen') {
    const id = name.toLowerCase();
    if (z.guid().safeParse(id).success) return { id, words: id, people: null };
    return `The wizard can’t look up names (${seen.why}). Type IDs.`;
  }
  const { found, near } = seen.value;
  if (found === null) return `Entra ID has no group “${name}”.${near === null ? '' : ` Similar: ${near}`}`;
  const counted = `${found.name}: ${countOf(found.people.length, 'person', 'people')}`;
  return { ...found, words: found.kind === 'person' && found.people.length > 0 ? found.name : counted };
}

async function checkPeople(given: string, world: SetupWorld): Promise<AnswerCheck> {
  const names = given.split(',').map((name) => name.trim());
  const resolved: NamedHolder[] = [];
  for (const name of names.filter((one) => one !== '')) {
    const holder = await resolveName(name, world);
    if (typeof holder === 'string') return refuseAnswer(holder);
    resolved.push(holder);
  }
  if (resolved.length === 0) return refuseAnswer('Type at least one group.');
  const value = resolved.map(({ id }) => id).join(',');
  const shown = resolved.map(({ words }) => words).join('; ');
  const people = [...new Set(resolved.flatMap((one) => one.people ?? []))];
  const seen = resolved.every((one) => one.people !== null);
  if (seen && people.length === 0)
    return refuseAnswer(
      'No one there has access. Guests count only with CMK_ALLOW_GUESTS, and disabled accounts never do. Add people to the group first, or choose another one.',
    );
  const answer = acceptAnswer(value, shown, seen ? good(shown) : mind('not checked: it might not be a group'));
  return seen ? { ...answer, people } : answer;
}

const ask: PartQuestion = {
  id: 'ask',
  asks: () => 'Requesters: Entra groups by name or ID, separated by commas',
  explains: 'They can request a customer-managed key for an agent. Nothing changes before someone else approves.',
  check: (given, _answers, world) => checkPeople(given, world),
};

async function checkApprovers(given: string, answers: Answers, world: SetupWorld): Promise<AnswerCheck> {
  const checked = await checkPeople(given, world);
  if (checked.kind !== 'taken') return checked;
  const askers = answers.get('ask');
  const { people } = checked;
  if (people !== undefined && askers?.people?.length === 1 && people.length === 1 && people[0] === askers.people[0]) {
    return refuseAnswer(
      'The only approver is the only requester, and no one can approve their own request. Add someone else.',
    );
  }
  if (checked.value !== askers?.value) return checked;
  const doubt =
    'These are also the requesters. Requesters can’t approve their own requests, but two people can approve each other’s.';
  return doubtAnswer(doubt, checked);
}

const approve: PartQuestion = {
  id: 'approve',
  asks: () => 'Approvers: Entra groups by name or ID, separated by commas',
  explains: 'They see what changes and what can’t be undone, and decide. The requester’s own approval never counts.',
  check: checkApprovers,
};

const approvals: PartQuestion = {
  id: 'approvals',
  asks: () => 'Approvals needed for each request',
  explains: 'From different people. A policy file can require more for some agents.',
  usual: '1',
  check: (given, answers) => {
    const number = Number(given);
    if (!Number.isInteger(number) || number < 1 || number > 10)
      return refuseAnswer('Type a whole number from 1 to 10.');
    const approvers = answers.get('approve')?.people;
    if (approvers === undefined) return acceptAnswer(given, given);
    const askers = answers.get('ask')?.people ?? [];
    // Requesters can't approve their own request: use the requester with the fewest other approvers.
    const most = Math.min(...askers.map((asker) => approvers.filter((one) => one !== asker).length));
    if (number > most) {
      return refuseAnswer(
        `There are ${countOf(approvers.length, 'approver', 'approvers')}, and a requester’s own approval never counts. Type at most ${most}.`,
      );
    }
    return acceptAnswer(given, given);
  },
};

const signIn: PartQuestion = {
  id: 'signIn',
  asks: () =>
    'Authentication context for signing in again to approve: c1 to c99, or “none”. It needs Conditional Access (Entra ID P1)',
  explains:
    'Without it, a stolen Teams session can approve. docs/how-to/require-sign-in.md has the app registration and the policy.',
  check: (given) => {
    const context = given.toLowerCase();
    const off = 'Then a click in Teams is enough to approve, also in a stolen session.';
    if (context === 'none') return doubtAnswer(off, acceptAnswer('none', 'no'));
    if (!isValidSetting('CMK_STEP_UP', context)) return refuseAnswer('Type c1 to c99, or none.');
    const unseen = `the wizard can’t see whether a policy applies to ${context}. Without a policy, it protects nothing. It’s in the remaining steps`;
    return acceptAnswer(context, context, mind(unseen));
  },
};

const needsApp = (answers: Answers): boolean =>
  answerTo(answers, 'signIn') !== 'none' && (byAzd(answers) || isManaged(answers));

const signInApp: PartQuestion = {
  id: 'signInApp',
  asks: () => 'App registration that approvers sign in to, by client ID',
  explains:
    'People can’t sign in to a managed identity. docs/how-to/require-sign-in.md says how to create the app registration.',
  isAsked: needsApp,
  check: (given) => {
    const id = given.toLowerCase();
    const why = 'A client ID looks like 5f1c0a52-7d0e-4a8b-9a53-6f2f4f6c9d31.';
    return acceptIf(isValidSetting('CMK_STEP_UP_APP_ID', id), id, why);
  },
};

const signInSecret = secretOf('signInSecret', 'signInApp', (answers) => byHand(answers) && needsApp(answers));

export const peopleQuestions = inPart(5, [ask, approve, approvals, signIn, signInApp, signInSecret]);
