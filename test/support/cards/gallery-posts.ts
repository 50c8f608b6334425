/** What the bot posts beside requests and forms: help, refusals, messages, notifications, the audit channel. */
import { isNotifying } from '../../../src/domain/request/consequences.ts';
import { refuse } from '../../../src/domain/request/refusal.ts';
import { summarizeWitnesses } from '../../../src/domain/witnessing.ts';
import { commands } from '../../../src/operations/commands/registry.ts';
import { mention } from '../../../src/teams/cards/plain-text.ts';
import {
  auditCheckpointCard,
  auditReplyCard,
  auditRootCard,
  witnessCard,
} from '../../../src/teams/cards/views/audit-view.ts';
import { worseCard } from '../../../src/teams/cards/views/drift-view.ts';
import { helpCard, welcomeCard } from '../../../src/teams/cards/views/help-view.ts';
import {
  attentionNotice,
  decisionNotice,
  eventNotice,
  notificationCard,
} from '../../../src/teams/cards/views/notification-view.ts';
import {
  bugCard,
  lookingCard,
  notStoringCard,
  refusalCard,
  typoCard,
} from '../../../src/teams/cards/views/short-views.ts';
import { approver } from '../builders/fixtures.ts';
import { noon } from '../builders/plans.ts';
import { policyOf } from '../builders/policies.ts';
import { names } from './card-readers.ts';
import { longLife, rotationLife, stateNamed } from './card-states.ts';
import { asked, lifeOf, rejects } from './card-turns.ts';
import { type GalleryCard, galleryCard } from './gallery-card.ts';

const help = (mayAsk: boolean, mayApprove: boolean) =>
  // A list of its own: the view keeps what it drew for a list.
  helpCard({ commands: [...commands], policy: policyOf(), mayAsk, mayApprove, auditChannel: mayAsk });

const introductions = (): readonly GalleryCard[] => [
  galleryCard('help.both', () => help(true, true)),
  galleryCard('help.no-role', () => help(false, false)),
  galleryCard('welcome.channel', () => welcomeCard(null)),
  galleryCard('welcome.reader', () => welcomeCard({ kind: 'roles', asks: false, approves: false })),
];

const meant = '/enable-cmk triage-agent-prod';
const shortCards = (): readonly GalleryCard[] => [
  galleryCard('refusal.not-a-requester', () => refusalCard(refuse('not-a-requester'))),
  galleryCard('refusal.own-request', () => refusalCard(refuse('own-request', 'CMK-7F3K9Q'))),
  galleryCard('refusal.typo', () => typoCard('/enabel-cmk', meant, { text: meant, weight: 'form' })),
  galleryCard('message.bug', () => bugCard('E-5Q2X8M')),
  galleryCard('message.not-storing', () => notStoringCard('E-5Q2X8M')),
  galleryCard('message.looking', () => lookingCard()),
  galleryCard('message.worse', () => worseCard('triage-agent-prod', true, [mention('29:operator', 'Operator')])),
  galleryCard('message.witness-differs', () =>
    witnessCard({ name: 'witness', report: contradicted, current: false }, noon),
  ),
];

const contradicted = {
  ...{ key: 'w', since: noon, signed: null, cleared: null, told: false },
  asked: { size: 121, at: noon, outcome: 'another-history', detail: '' },
  contradiction: { at: noon, detail: 'the log forked at 117', note: '' },
} as const;

const url =
  'https://teams.microsoft.com/l/message/19%3Aapprovals%40thread.tacv2/1700000000000?tenantId=10000000-0000-4000-8000-000000000000&parentMessageId=1700000000000';

const rejection = 'Wrong vault: kv-hospita1-keys with a digit 1. Use kv-hospital-keys.';
const rejected = () => {
  const event = lifeOf(asked(), rejects(rejection)).at(-1);
  if (event === undefined || !isNotifying(event)) throw new Error('no rejection');
  const request = stateNamed('rejected');
  const notice = eventNotice('requester', event, request, names);
  return notificationCard(request, notice, { to: 'requester', addressees: [], url: null });
};
const linked = () => {
  const request = stateNamed('awaiting-approval');
  const addressees = [mention(`29:${approver}`, 'Approver')];
  return notificationCard(request, decisionNotice(request), { to: 'approvers', addressees, url });
};
const stillStuck = () => {
  const request = stateNamed('needs-attention');
  if (request.state !== 'needs-attention') throw new Error('not stuck');
  return notificationCard(request, attentionNotice(request, names), { to: 'requester', addressees: [], url });
};

const hash = '9c0e51d7b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881';
const logName = 'cmk-bot.example.org/prod/audit';
const note = `${logName}\n121\nfC52gmfi09DShlIGmbam68lxIxQxJ1AzvTOvkAiV03c=\n\n— ${logName} 3MQ/3SkFyTxMTfyHCA0jPYoS1i7T/10qq/p1A1Njb1xBNzA0W3wCgXsDYm/7ImhfrV+RqmZdz0PjueFic1mrV66TtgU=\n— witness.audit.example.org/w1 oEQliAAAAABrBjV0wK7mZU1gDUheQF7d1sy/s6U7XbEKOOiPbEAd0l7g99yKjO9PdjjWE32100TVxoWACsDDaLjfrcSUJEzp9kFWAA==\n`;
const noWitnessYet = summarizeWitnesses({ keys: ['witness.audit.example.org/w1+k'], needed: 1 }, []);

const audit = (): readonly GalleryCard[] => [
  galleryCard('audit-root.running', () => auditRootCard(stateNamed('running-irreversible-done'), names, 121)),
  galleryCard('audit-root.approval', () => auditRootCard(stateNamed('awaiting-nothing-irreversible'), names, 117)),
  galleryCard('audit-reply.long', () =>
    auditReplyCard(stateNamed('needs-attention'), longLife.slice(0, 20), hash, names),
  ),
  galleryCard('audit-reply.one', () => auditReplyCard(stateNamed('approved'), rotationLife.slice(0, 1), hash, names)),
  galleryCard('audit-checkpoint.plain', () => auditCheckpointCard({ size: 121, note }, null)),
  galleryCard('audit-checkpoint.witnesses', () => auditCheckpointCard({ size: 121, note }, noWitnessYet)),
];

export const postCards = (): readonly GalleryCard[] => [
  ...introductions(),
  ...shortCards(),
  galleryCard('notification.rejected', rejected),
  galleryCard('notification.linked', linked),
  galleryCard('notification.attention', stillStuck),
  ...audit(),
];
