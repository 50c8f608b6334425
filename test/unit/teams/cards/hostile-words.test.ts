import MarkdownIt from 'markdown-it';
import { isNotifying } from '../../../../src/domain/request/notification-recipients.ts';
import { RefusalCode } from '../../../../src/domain/request/refusal.ts';
import { mention } from '../../../../src/teams/cards/plain-text.ts';
import { auditReplyCard, auditRootCard } from '../../../../src/teams/cards/views/audit-view.ts';
import { eventNotice, notificationCard } from '../../../../src/teams/cards/views/notification-view.ts';
import { everybody, type Reader } from '../../../../src/teams/cards/views/reader.ts';
import { requestCard } from '../../../../src/teams/cards/views/request-card.ts';
import { refusalCard, typoCard } from '../../../../src/teams/cards/views/short-views.ts';
import { elementsOf } from '../../../contract/card-walk.ts';
import { approver } from '../../../support/builders/fixtures.ts';
import { contextAt } from '../../../support/cards/card-readers.ts';
import { longLife, requestStates, stateNamed } from '../../../support/cards/card-states.ts';
import { asked, lifeOf, rejects } from '../../../support/cards/card-turns.ts';

/**
 * Everybody whose words come to be shown means harm: who asks, who approves, what they write, and Azure in names and errors. On a
 * card they are read letter by letter: no link, no picture, no mention, no bold, no expression, no date. The command line and
 * exports: unit/operator/cli, unit/audit/export-csv.
 */

const dollar = '$';
const shownWords = [
  'Words <at>Approver</at> **b** [go](https://hostile.example/a) ![x](https://hostile.example/x.png)',
  `${dollar}{requestId}${dollar}{1+1}{{DATE(2020-01-01T00:00:00Z)}} <img src=x> &lt;i&gt;`,
].join(' ');
const words = `${shownWords}\u202e\u001b[31m\u009b\u0000\u2028# x`;

const isFrom = (value: object, key: string): boolean => {
  if (['justification', 'comment', 'message', 'resourceName'].includes(key)) return true;
  if (key === 'code') return 'source' in value && value.source === 'azure';
  return key === 'name' && ('scope' in value || 'members' in value);
};
/** The same, with these words wherever people or Azure could have written any. */
function hostile<T>(value: T): T {
  return JSON.parse(JSON.stringify(value), function (this: object, key, one: unknown) {
    return typeof one === 'string' && isFrom(this, key) ? words : one;
  });
}

const markdown = new MarkdownIt({ html: false, linkify: false, breaks: true });
const entities = { '&lt;': '<', '&gt;': '>', '&quot;': '"', '&amp;': '&' };
const bare = (text: string): string => text.replaceAll(/[\s\u2060\ufffd]+/g, '');

/** What a reader sees of a text, without what is ours: mentions. */
function readOf(
  text: string,
  mentions: readonly string[],
): { readonly tags: readonly string[]; readonly read: string } {
  const own = mentions.reduce((rest, one) => rest.replaceAll(one, ''), text);
  const html = markdown.render(own);
  const plain = html.replaceAll(/<[^>]*>/g, '').replaceAll(/&\w+;/g, (one) => Reflect.get(entities, one) ?? one);
  return { tags: html.match(/<\/?[a-z][^>]*>/g) ?? [], read: bare(plain) };
}

/** What of the words on a card reaches further than a reader's eyes, and whether any are there. */
function look(card: object): { readonly wrong: readonly string[]; readonly isShown: boolean } {
  const { entities: mentioned = [] } =
    (card as { msteams?: { entities?: readonly { text?: string }[] } }).msteams ?? {};
  const mentions = mentioned.flatMap(({ text }) => (text === undefined ? [] : [text]));
  const texts = elementsOf(card).flatMap((one): string[] => {
    if (one.type === 'FactSet') return (one.facts as { title: string; value: string }[]).flatMap(Object.values<string>);
    return one.type === 'TextBlock' ? [String(one.text)] : [];
  });
  const wrong = texts.flatMap((text) => {
    const { tags, read } = readOf(text, mentions);
    const [found = ''] = read.slice(read.indexOf('Words<')).split('…');
    return [
      ...tags.filter((tag) => !/^<\/?(p|strong|br)>$/.test(tag)),
      ...(/[\p{Cc}\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069]/u.test(text.replaceAll('\n', '')) ? ['it hides'] : []),
      ...(/\{\{(DATE|TIME)\(2020/.test(text) ? ['a date'] : []),
      ...(read.includes('Words<') && !bare(shownWords).startsWith(found.slice(0, bare(shownWords).length))
        ? [`other words: ${found}`]
        : []),
    ].map((what) => `${what} in ${text.slice(0, 200)}`);
  });
  return { wrong, isShown: JSON.stringify(card).includes('Words') };
}

const readers: readonly Reader[] = [everybody, { kind: 'requester' }, { kind: 'approver', id: approver }];
const addressee = mention('29:x', words);

test.each(Object.keys(requestStates))('on the cards of a request, to all of its readers: %s', (state) => {
  const request = hostile(stateNamed(state));
  const more = { names: () => words, awaited: words, addressed: [addressee] };
  const drawn = readers.flatMap((reader) =>
    (['status', 'approval', 'short'] as const).map((kind) =>
      look(requestCard(kind, request, contextAt(request.changedAt, reader, more))),
    ),
  );
  expect(drawn.flatMap(({ wrong }) => wrong)).toEqual([]);
  expect(drawn.every(({ isShown }) => isShown)).toBe(true);
});

test('on notifications and in the audit channel, which holds no words of people', () => {
  const request = hostile(stateNamed('needs-attention'));
  const events = hostile([...longLife, ...lifeOf(asked(), rejects('Not this week'))]);
  const cards = events.filter(isNotifying).flatMap((event) =>
    (['requester', 'approvers'] as const).map((to) => {
      const notice = eventNotice(to, event, request, () => words);
      return notificationCard(request, notice, { to, addressees: [addressee], url: null });
    }),
  );
  const audit = [
    auditRootCard(request, () => words, 7),
    auditReplyCard(request, events.slice(0, 20), 'a', () => 'Name'),
  ];
  expect([...cards, ...audit].flatMap((card) => look(card).wrong)).toEqual([]);
  const reply = auditReplyCard(
    hostile(stateNamed('rejected')),
    hostile(lifeOf(asked(), rejects('Not this week'))),
    'a',
    () => 'Name',
  );
  expect(look(reply).isShown).toBe(false);
  expect(cards.length).toBeGreaterThan(3);
});

test('in what the bot says of what was typed', () => {
  const cards = [
    typoCard(words, words, null),
    ...RefusalCode.options.map((code) => refusalCard({ kind: 'refused', code, fact: words })),
  ];
  // What was typed is quoted by its beginning.
  expect(cards.flatMap((card) => look(card).wrong).filter((what) => !what.startsWith('other words'))).toEqual([]);
});
