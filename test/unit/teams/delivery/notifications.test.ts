import { PersonId } from '../../../../src/domain/ids.ts';
import { fold } from '../../../../src/domain/request/evolve.ts';
import type { Origin } from '../../../../src/domain/request/payloads.ts';
import type { Command } from '../../../../src/domain/request/request-command.ts';
import { Throttled } from '../../../../src/domain/retry.ts';
import type { AdaptiveCard } from '../../../../src/teams/cards/render-card.ts';
import { openApprovers } from '../../../../src/teams/delivery/approvers.ts';
import {
  erasedNotifications,
  type Notification,
  openNotifications,
} from '../../../../src/teams/delivery/notifications.ts';
import { openReminders } from '../../../../src/teams/delivery/reminders.ts';
import { textsOf } from '../../../contract/card-walk.ts';
import {
  approvedBy,
  asks,
  attention,
  cancels,
  changes,
  checks,
  decides,
  doneWith,
  eventsAfter,
  expires,
  failedWith,
  id,
  intends,
  policy,
  records,
  reminds,
  requestAfter,
  secondApprover,
  settles,
  submit,
  toApproved,
  toAttention,
  toSucceeded,
} from '../../../support/builders/commands.ts';
import { approver, requester } from '../../../support/builders/fixtures.ts';
import { memoryPostedCards } from '../../../support/builders/memory-posted-cards.ts';
import { noon, planFor, vault } from '../../../support/builders/plans.ts';
import { policyOf } from '../../../support/builders/policies.ts';

/** Event × who is called × where, over the places a request can be asked in, and with or without chats the bot knows. */

const operator = PersonId.parse('20000000-0000-4000-8000-000000000009');
const operators = Array.from({ length: 12 }, (_, n) => PersonId.parse(`20000000-0000-4000-8000-0000000002${n + 10}`));
const people: Readonly<Record<string, string>> = {
  ...Object.fromEntries(operators.map((one, n) => [one, `Operator ${n + 1}`])),
  [requester]: 'Requester',
  [approver]: 'Approver',
  [secondApprover]: 'Second approver',
  [operator]: 'On call',
};
const origins = {
  channel: { conversationId: 'channel-thread', conversationType: 'channel' },
  group: { conversationId: 'group-chat', conversationType: 'groupChat' },
  personal: { conversationId: `chat of ${people[requester]}`, conversationType: 'personal' },
} as const satisfies Record<string, Origin>;

const asked = (origin: Origin): Command =>
  submit({ plan: planFor(), digest: '1'.repeat(64), policy: policy(), origin });
const approvedFor = (asking: number) => [approver, secondApprover].map((one) => decides('approve', one, { asking }));
const approved = approvedFor(1);
const running = [...approved, checks(), intends()];
const stuck = [...running, records(1, failedWith('enable-identity', null))];
const moved = checks({ plan: planFor({ seen: { vault: vault({ softDelete: false }) } }) });

/** What leads to each event, after the request was asked. */
const lives: Readonly<Record<string, readonly Command[]>> = {
  'rejected by an approver': [decides('reject', approver, { comment: 'Not before the backup.' })],
  'cancelled by the requester': [cancels()],
  expired: [expires],
  'asked again, Azure moved': [...approved, moved],
  'needs attention': stuck,
  'stopped by the requester': [...running, settles('stop', requester), records(1, doneWith('enable-identity'))],
  'given up by an approver': [...stuck, settles('give-up', approver, { asking: attention, roleStatus: 'yes' })],
  succeeded: toSucceeded.slice(1),
  'changed by the requester': [changes()],
  'reminded by the requester': [reminds()],
};

interface Setting {
  readonly origin: Origin;
  /** Whose chat with the bot is known. */
  readonly chats: readonly PersonId[];
  readonly commands: readonly Command[];
  /** What Teams answers a post there. */
  readonly refuses?: (conversationId: string) => number | Throttled | null;
  /** Teams takes that post, and answers only when `held` ends. */
  readonly stopsAfter?: number;
  readonly held?: Promise<void>;
  readonly operators?: readonly PersonId[];
  /** The directory doesn't answer. */
  readonly directoryFails?: boolean;
}

function opened({ origin, chats, commands, refuses = () => null, stopsAfter, held, ...more }: Setting) {
  const events = eventsAfter(asked(origin), ...commands);
  const request = fold(id, events);
  if (request === null) throw new Error('nothing happened');
  const said: { readonly at: string; readonly text: string; readonly card: AdaptiveCard }[] = [];
  const postedCards = memoryPostedCards([
    { requestId: id, audience: 'approval', conversationId: 'approvals-thread', activityId: '1', fingerprint: '' },
    { requestId: id, audience: 'status', conversationId: origin.conversationId, activityId: '2', fingerprint: '' },
  ]);
  const post = async (conversationId: string, card: AdaptiveCard) => {
    const statusCode = refuses(conversationId);
    if (statusCode instanceof Throttled) throw statusCode;
    if (statusCode !== null) throw Object.assign(new Error(`${statusCode}`), { statusCode });
    said.push({ at: conversationId, text: textsOf(card).join('\n'), card });
    if (said.length === stopsAfter) await held;
    return { conversationId, activityId: `${said.length + 2}` };
  };
  const among = async (ids: readonly PersonId[]) =>
    ids.flatMap((one) => {
      const name = people[one];
      return name === undefined ? [] : [{ id: one, memberId: `29:${one}`, name }];
    });
  const personEntry = (one: PersonId, name: string) =>
    ({ kind: 'person', name, members: [one], complete: true }) as const;
  const lookups = {
    look: async (one: string) => {
      if (more.directoryFails === true) return 'unknown';
      const name = people[one];
      return name === undefined ? null : personEntry(PersonId.parse(one), name);
    },
  };
  const rules = policyOf([], { approvers: [approver, secondApprover] });
  const requests = { load: async () => request, events: async () => events };
  const directory = {
    names: async () => (one: PersonId | null) => (one === null ? 'An operator' : (people[one] ?? 'Somebody')),
  };
  const calls = openNotifications({
    requests,
    postedCards,
    chat: { post, postThread: (channelId, card) => post(`new thread in ${channelId}`, card) },
    directory,
    conversations: {
      personalChat: async (one) =>
        chats.includes(one)
          ? { conversationId: `chat of ${people[one]}`, serviceUrl: '', tenantId: '', personId: one }
          : null,
    },
    people: { among, amongMany: among },
    lookups,
    approvers: openApprovers({ policy: rules, people: { among, amongMany: among }, lookups }),
    approvalsChannel: 'approvals-channel',
    operators: more.operators ?? [operator],
    policy: rules,
    linksIn: null,
    now: () => noon,
  });
  const last = events.at(-1)?.revision ?? 0;
  const erasing = events.map((event) => ({
    ...event,
    texts: event.texts.comment === undefined ? event.texts : { ...event.texts, comment: null },
  }));
  const erased = async () => erasedNotifications({ directory }, request, erasing, await postedCards.of(id));
  return { said, ring: (revision = last) => calls.notifyForEvent(id, revision), last, erased };
}

const mentioned = (text: string): string => [...text.matchAll(/<at>(.*?)<\/at>/g)].map(([, name]) => name).join(', ');

/** Where each post went, and whom it mentioned. */
const placesOf = (said: readonly { readonly at: string; readonly text: string }[]): string[] =>
  said.map(({ at, text }) => (mentioned(text) === '' ? at : `${at} → ${mentioned(text)}`)).sort();

/** Whom a post rings for: whoever it mentions, and whoever's own chat it is in. */
const rungBy = ({ at, text }: { readonly at: string; readonly text: string }): string[] => [
  ...mentioned(text).split(', ').filter(Boolean),
  ...(at.startsWith('chat of ') ? [at.slice('chat of '.length)] : []),
];

const everyChat = [requester, approver, secondApprover, operator];
const none: readonly PersonId[] = [];

/** For each event: where posts go when it was asked in a channel, without chats that are known and with them. */
const expected: Readonly<Record<string, readonly [readonly string[], readonly string[]]>> = {
  'rejected by an approver': [['channel-thread → Requester'], ['channel-thread', 'chat of Requester']],
  'cancelled by the requester': [[], []],
  expired: [['channel-thread → Requester'], ['channel-thread', 'chat of Requester']],
  'asked again, Azure moved': [
    ['approvals-thread → Approver, Second approver', 'channel-thread → Requester'],
    ['channel-thread', 'chat of Approver', 'chat of Requester', 'chat of Second approver'],
  ],
  'needs attention': [
    ['approvals-thread → On call', 'channel-thread → Requester'],
    ['channel-thread', 'chat of On call', 'chat of Requester'],
  ],
  'stopped by the requester': [['approvals-thread → On call'], ['chat of On call']],
  'given up by an approver': [['channel-thread → Requester'], ['channel-thread', 'chat of Requester']],
  succeeded: [['channel-thread → Requester'], ['channel-thread', 'chat of Requester']],
  'changed by the requester': [
    ['approvals-thread → Approver, Second approver'],
    ['chat of Approver', 'chat of Second approver'],
  ],
  'reminded by the requester': [
    ['approvals-thread → Approver, Second approver'],
    ['chat of Approver', 'chat of Second approver'],
  ],
};

describe.each(Object.entries(lives))('%s', (event, commands) => {
  test.each(Object.entries(origins))(
    'asked in a %s: everybody concerned is rung once, nobody else',
    async (kind, origin) => {
      for (const [n, chats] of [none, everyChat].entries()) {
        const { said, ring } = opened({ origin, chats, commands });
        await ring();
        const places = placesOf(said);
        if (kind === 'channel') expect(places).toEqual(expected[event]?.[n]);
        const rung = said.flatMap(rungBy);
        expect(rung).toEqual([...new Set(rung)]);
        const wanted = (expected[event]?.[1] ?? []).flatMap((at) => rungBy({ at, text: '' })).sort();
        expect(rung.sort()).toEqual(wanted);
        // A second try, as after a crash, finds it all done.
        await ring();
        expect(said).toHaveLength(places.length);
      }
    },
  );
});

/** Asked in a channel by people whose chats are known. */
const inChannel = (event: string, change: Partial<Setting> = {}) =>
  opened({ origin: origins.channel, chats: everyChat, commands: lives[event] ?? [], ...change });

test('whose chat refuses posts is called in the channel instead', async () => {
  const refuses = (at: string) => (at.startsWith('chat of') ? 403 : null);
  for (const event of ['rejected by an approver', 'asked again, Azure moved', 'needs attention']) {
    const { said, ring } = inChannel(event, { refuses });
    await ring();
    expect(placesOf(said)).toEqual(expected[event]?.[0]);
  }
});

test('without operators, approvers are notified of what needs attention', async () => {
  const { said, ring } = inChannel('needs attention', { operators: [] });
  await ring();
  expect(placesOf(said)).toEqual([
    'channel-thread',
    'chat of Approver',
    'chat of Requester',
    'chat of Second approver',
  ]);
});

test('of more than ten, each is mentioned once, in several posts', async () => {
  const { said, ring } = inChannel('needs attention', { chats: none, operators });
  await ring();
  const wanted = operators.map((_, n) => `Operator ${n + 1}`);
  const posts = said.filter(({ at }) => at === 'approvals-thread');
  const byTens = [wanted.slice(0, 10), wanted.slice(10)].map((names) => names.join(', '));
  expect(posts.map(({ text }) => mentioned(text))).toEqual(byTens);
});

test('while the directory does not answer, people are mentioned where all can read, once, and nobody gets a post in person', async () => {
  for (const event of ['asked again, Azure moved', 'needs attention', 'reminded by the requester']) {
    const { said, ring } = inChannel(event, { origin: origins.group, directoryFails: true });
    await ring();
    await ring();
    const inApprovals = (place: string): boolean => place.startsWith('approvals-thread');
    expect(placesOf(said).filter(inApprovals)).toEqual(expected[event]?.[0].filter(inApprovals));
    expect(said.map(({ at }) => at).filter((at) => at.startsWith('chat of '))).toEqual([]);
  }
});

test('a post that does not go through is tried again, and the others are not', async () => {
  let down = true;
  const refuses = (at: string) => (down && at === 'chat of On call' ? 503 : null);
  const { said, ring } = inChannel('needs attention', { refuses });
  await expect(ring()).rejects.toThrow('503');
  const atFirst = ['approvals-thread → On call', 'channel-thread', 'chat of Requester'];
  expect(placesOf(said)).toEqual(atFirst);
  down = false;
  await ring();
  expect(placesOf(said)).toEqual([...atFirst, 'chat of On call'].sort());
});

test('while one chat is throttled, the others get theirs, and what failed otherwise is tried again at once', async () => {
  const refuses = (at: string) =>
    at === 'chat of Approver' ? new Throttled(120_000) : at === 'chat of Requester' ? 503 : null;
  const { said, ring } = inChannel('asked again, Azure moved', { origin: origins.personal, refuses });
  await expect(ring()).rejects.toThrow('503');
  expect(placesOf(said)).toEqual(['approvals-thread → Approver', 'chat of Second approver']);
});

test('where a thread is gone, a new one in its channel notifies', async () => {
  const refuses = (at: string) => (['approvals-thread', 'channel-thread'].includes(at) ? 404 : null);
  const inNew = (place: string) =>
    place.replace('approvals-thread', 'new thread in approvals-channel').replace(/^channel-/, 'new thread in channel-');
  for (const event of ['needs attention', 'asked again, Azure moved', 'reminded by the requester']) {
    const { said, ring } = inChannel(event, { chats: none, refuses });
    await ring();
    await ring();
    expect(placesOf(said)).toEqual(expected[event]?.[0].map(inNew));
  }
});

test('a notification that no place takes is tried again', async () => {
  const refuses = (at: string) => (at.includes('approvals') ? 403 : null);
  const { ring } = inChannel('needs attention', { chats: none, refuses });
  await expect(ring()).rejects.toThrow('the approvals channel refuses posts');
});

test('a requester whom Teams refuses to notify is notified later', async () => {
  let status: number | null = 403;
  for (const origin of Object.values(origins)) {
    const { said, ring } = inChannel('succeeded', { origin, refuses: () => status });
    expect(await ring()).toEqual({ afterMs: 60_000 });
    status = null;
    expect([await ring(), said.length > 0]).toEqual([null, true]);
    status = 403;
  }
  const { ring } = inChannel('succeeded', { chats: none, refuses: () => 404 });
  expect(await ring()).toBeNull();
});

test('a process that stood still while another notified everyone notifies nobody else', async () => {
  let wake: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    wake = resolve;
  });
  const { said, ring } = inChannel('reminded by the requester', { stopsAfter: 1, held });
  const frozen = ring();
  while (said.length < 1) await new Promise(setImmediate);
  await ring();
  wake();
  await frozen;
  // Only the post that was being sent is repeated.
  expect(placesOf(said)).toEqual(['chat of Approver', 'chat of Approver', 'chat of Second approver']);
});

test.each<[string, (asking: number) => readonly Command[]]>([
  ['needs attention', (asking) => [settles('retry', requester, { asking })]],
  ['asked again, Azure moved', (asking) => approvedFor(asking)],
  ['changed by the requester', (asking) => [cancels(requester, asking)]],
  ['reminded by the requester', () => [cancels()]],
])('nobody is called for what has been dealt with meanwhile: %s', async (event, meanwhile) => {
  const { last } = inChannel(event);
  const { said, ring } = inChannel(event, { commands: [...(lives[event] ?? []), ...meanwhile(last)] });
  await ring(last);
  expect(said).toEqual([]);
});

test('an erased comment leaves the notifications that quoted it', async () => {
  const { said, ring, erased } = inChannel('rejected by an approver');
  await ring();
  const redrawn = await erased();
  expect(redrawn).toHaveLength(said.length);
  for (const { card, post } of redrawn) {
    expect(JSON.stringify(card())).not.toContain('backup');
    expect(textsOf(card())).toContain('The comment was erased.');
    expect(post).toBeNull();
  }
});

describe('reminders', () => {
  const hour = 3_600_000;

  /** Reminders of a request after these commands, and what they notified of. An occasion that was notified of before notifies nobody. */
  function opened(...commands: readonly Command[]) {
    const notified: Pick<Notification, 'occasion' | 'who'>[] = [];
    const remind = openReminders({
      requests: { load: async () => requestAfter(...commands) },
      notifications: { notify: async (_request, { occasion, who }) => notified.push({ occasion, who }) > 0 },
      directory: { names: async () => () => 'Somebody' },
      postedCards: memoryPostedCards(),
    });
    return {
      notified,
      remind: (key: string, hours = 0) => remind(id, key, new Date(noon.getTime() + hours * hour).toISOString()),
    };
  }

  it('is the same where it has to be tried again, whatever time it is, and another one later and for another question', async () => {
    const { remind, notified } = opened(...approvedBy(approver));
    for (const [key, hours] of [
      ['half', 36],
      ['half', 37],
      ['last', 68],
    ] as const)
      expect(await remind(key, hours)).toBeNull();
    const changed = opened(asks(), changes());
    await changed.remind('half', 36);
    const who = ['approvers'];
    expect([...notified, ...changed.notified]).toEqual(
      ['1:half', '1:half', '1:last', '2:half'].map((one) => ({ occasion: `reminder:${one}`, who })),
    );
  });

  it.each([
    ['decided', toApproved],
    ['cancelled', [asks(), cancels()]],
    ['expired', [asks(), expires]],
    ['stuck', toAttention],
  ])('nobody is reminded to decide on what is %s', async (_what, commands) => {
    const { remind, notified } = opened(...commands);
    expect([await remind('half', 36), await remind('last', 68)]).toEqual([null, null]);
    expect(notified).toEqual([]);
  });

  it('what needs attention is brought up once a day, and not where it does not any more', async () => {
    const { remind, notified } = opened(...toAttention);
    expect(await remind('attention', 24)).toEqual({ afterMs: 24 * hour });
    await remind('attention', 25);
    await remind('attention', 48);
    const occasions = [1, 1, 2].map((day) => `reminder:8:${day}`);
    expect(notified.map(({ occasion, who }) => `${occasion} ${who}`)).toEqual(
      occasions.map((one) => `${one} requester,operators`),
    );
    const waiting = opened(asks());
    expect(await waiting.remind('attention', 24)).toBeNull();
    expect(waiting.notified).toEqual([]);
  });
});
