/** Words for every kind of event: for the audit channel and the history. Plain text: not yet safe for a card. */
import { shortDigest } from '../domain/digest.ts';
import { PersonId } from '../domain/ids.ts';
import type { SignIn } from '../domain/policy/sign-in.ts';
import { highestProof } from '../domain/proof.ts';
import type { StoredEvent } from '../domain/request/events.ts';
import type { Mark } from './mark.ts';
import type { Names } from './names.ts';
import { effectWords, proofWords, stepTitles } from './steps.ts';

export interface EventWords {
  readonly mark: Mark;
  readonly title: string;
  /** May be empty. */
  readonly detail: string;
}

/** `texts`: whether what people wrote is quoted. Not where a copy would outlive its erasure. */
interface Options {
  readonly texts: boolean;
}

const planWords = (event: StoredEvent): string =>
  event.body.planDigest === null ? '' : `plan ${shortDigest(event.body.planDigest)}`;

const quoted = (event: StoredEvent, field: string, { texts }: Options): string => {
  const text = texts ? event.texts[field] : undefined;
  if (text === undefined) return '';
  return text === null ? 'its text was erased' : `“${text}”`;
};

const list = (...parts: readonly string[]): string => parts.filter((part) => part !== '').join(', ');

/** UTC, as all times in the trail. */
const signInWords = (signIn: SignIn | null): string =>
  signIn === null ? '' : `signed in again at ${signIn.signedInAt.slice(11, 16)} (${signIn.contexts.join(' ')})`;

/** `name` acts: a person by name, an operator by the name given, else the bot. */
function actorName(event: StoredEvent, names: Names): string {
  const { actor, submittedBy } = event.body;
  if (actor.kind === 'operator') return `Operator ${submittedBy ?? actor.id ?? ''}`.trim();
  if (actor.kind === 'bot') return 'The bot';
  return names(PersonId.safeParse(actor.id).data ?? null);
}

function stepWords(event: StoredEvent): EventWords | null {
  const { body } = event;
  switch (body.type) {
    case 'step-intended': {
      const changes = Object.entries(body.after ?? {}).map(([key, value]) => {
        const [target = '', property = ''] = key.split(' ');
        return effectWords({ target, property, before: body.before?.[key] ?? '', value });
      });
      const again = body.data.attempt > 1 ? `, try ${body.data.attempt}` : '';
      return { mark: 'now', title: `${stepTitles[body.data.step]}: about to${again}`, detail: list(...changes) };
    }
    case 'step-done': {
      const detail = body.data.already ? 'nothing was left to do, read back' : 'read back';
      return { mark: 'done', title: `${stepTitles[body.data.step]}: done`, detail };
    }
    case 'step-failed': {
      const { failure, step, attempt, retryAt } = body.data;
      const next = retryAt === null ? 'a person is asked' : `next try ${retryAt.slice(11, 19)}`;
      const title = `${stepTitles[step]}: try ${attempt} did not work`;
      return {
        mark: retryAt === null ? 'bad' : 'warn',
        title,
        detail: list(`${failure.code}: ${failure.message}`.slice(0, 200), next),
      };
    }
    default:
      return null;
  }
}

function decisionWords(event: StoredEvent, names: Names, options: Options): EventWords | null {
  const { body } = event;
  const name = actorName(event, names);
  switch (body.type) {
    case 'submitted':
      return {
        mark: 'now',
        title: `${name} asked`,
        detail: list(quoted(event, 'justification', options), planWords(event)),
      };
    case 'approved': {
      const accepted = body.data.acknowledgedIrreversible ? 'accepted what cannot be undone' : '';
      return {
        mark: 'done',
        title: `${name} approved`,
        detail: list(
          planWords(event),
          (body.result ?? '').replace('approved ', ''),
          accepted,
          signInWords(body.data.signIn),
          body.data.quick ? 'within 5 seconds of being asked' : '',
          quoted(event, 'comment', options),
        ),
      };
    }
    case 'rejected':
      return {
        mark: 'bad',
        title: `${name} rejected`,
        detail: list(planWords(event), quoted(event, 'comment', options)),
      };
    case 'cancelled':
      return { mark: 'idle', title: `${name} cancelled`, detail: '' };
    case 'retried':
      return { mark: 'now', title: `${name} asked to retry`, detail: '' };
    case 'given-up':
      return { mark: 'bad', title: `${name} gave up`, detail: 'the request has failed' };
    case 'texts-erased':
      return { mark: 'idle', title: `${name} erased what people had written`, detail: body.data.reason };
    case 'decided-late':
      return {
        mark: 'idle',
        title: `${name} decided too late`,
        detail: `${body.data.verb}, the request was ${body.data.state}`,
      };
    default:
      return null;
  }
}

/** What happened, in words. An event nobody has words for yet shows its type: nothing is left out of a trail. */
export function eventWords(event: StoredEvent, names: Names, options: Options): EventWords {
  const known = stepWords(event) ?? decisionWords(event, names, options);
  if (known !== null) return known;
  const { body } = event;
  switch (body.type) {
    case 'expired':
      return { mark: 'idle', title: 'Expired', detail: 'nobody decided in time' };
    case 'plan-changed': {
      const why =
        body.data.reason === 'approvers-changed' ? 'an approver no longer is one' : 'Azure changed after the approval';
      return { mark: 'warn', title: 'Asked again', detail: list(why, planWords(event)) };
    }
    case 'run-ordered':
      return { mark: 'now', title: `Run ${body.data.run} ordered`, detail: planWords(event) };
    case 'run-checked':
      return {
        mark: 'done',
        title: `Run ${body.data.run} checked: the approval covers what Azure holds now`,
        detail: list(
          planWords(event),
          `counted: ${body.data.counted.map((id) => names(PersonId.parse(id))).join(' and ')}`,
        ),
      };
    case 'attention-needed':
      return {
        mark: 'alarm',
        title: 'Needs attention',
        detail: `${body.data.failure.code}: ${body.data.failure.message}`.slice(0, 200),
      };
    case 'succeeded': {
      const level = highestProof(body.data.proofs);
      return {
        mark: 'done',
        title: 'Succeeded',
        detail: `proof: ${level === null ? 'none' : proofWords[level].name.toLowerCase()}`,
      };
    }
    default:
      return { mark: 'idle', title: body.type.replaceAll('-', ' '), detail: body.result ?? '' };
  }
}
