/** Reads inbound activities: validates the used fields and ignores all others, and parses what was typed. */
import { z } from 'zod';
import { PersonId, TenantId } from '../../domain/ids.ts';
import { type Actor, personActor } from '../../domain/request/events.ts';
import type { Origin } from '../../domain/request/payloads.ts';
import { isBlank } from '../../domain/strings.ts';

/** IDs are opaque, but they go into HTTP headers and the database, which don't accept all characters. */
const id = z
  .string()
  .min(1)
  .max(1_000)
  .regex(/^[\x20-\x7e]+$/, 'must be printable ASCII');

/** Names are shown on one line, and the database doesn't accept NUL. */
const name = z.string().transform((text) => text.slice(0, 500).replace(/\p{Cc}+/gu, ' '));

/** The SDK checks for undefined, not for null. */
const maybe = <T extends z.ZodType>(schema: T) => schema.nullish().transform((value) => value ?? undefined);

/**
 * The part of an activity that the SDK and the bot see. The SDK trusts the types of these fields, and copies some into
 * answers.
 */
export const InboundActivity = z.object({
  type: id,
  id: maybe(id),
  channelId: z.literal('msteams'),
  serviceUrl: z.url({ protocol: /^https?$/ }).max(1_000),
  from: z.object({ id, name: maybe(name), aadObjectId: maybe(z.string()) }),
  /** `isTargeted`: only the sender and the bot see the message. */
  recipient: z.object({ id, name: maybe(z.string()), isTargeted: z.boolean().optional().catch(undefined) }),
  conversation: z.object({
    id,
    conversationType: maybe(z.string()),
    tenantId: maybe(z.string()),
    isGroup: maybe(z.boolean()),
  }),
  channelData: maybe(
    z.object({
      tenant: maybe(z.object({ id: z.string() })),
      team: maybe(z.object({ id })),
      eventType: z.string().max(100).optional().catch(undefined),
    }),
  ),
  replyToId: maybe(id),
  text: maybe(z.string()),
  entities: maybe(z.array(z.unknown())),
  localTimezone: maybe(z.string().max(100).catch('')),
  /** For an invoke. */
  name: maybe(z.string()),
  value: z.unknown().optional(),
  /** For an installation or a conversation update. */
  action: maybe(z.string()),
  membersAdded: maybe(z.array(z.object({ id }))),
  membersRemoved: maybe(z.array(z.object({ id }))),
});
export type InboundActivity = z.infer<typeof InboundActivity>;

const Tenants = z.object({
  conversation: z.object({ tenantId: TenantId.optional() }),
  channelData: z.object({ tenant: z.object({ id: TenantId }).optional() }).optional(),
});

/** Returns the tenant of an activity; null if it names none, or two different ones. */
export function tenantOf(activity: unknown): TenantId | null {
  const read = Tenants.safeParse(activity);
  if (!read.success) return null;
  const [first, ...others] = [read.data.channelData?.tenant?.id, read.data.conversation.tenantId].filter(
    (one) => one !== undefined,
  );
  return first !== undefined && others.every((other) => other === first) ? first : null;
}

const Sender = z.object({
  from: z.object({ id, name: name.optional(), aadObjectId: PersonId }),
  conversation: z.object({
    id,
    conversationType: z.enum(['personal', 'groupChat', 'channel']),
  }),
  localTimezone: z.string().max(100).catch(''),
});

export interface KnownSender {
  readonly person: PersonId;
  readonly memberId: string;
  readonly name: string | null;
  readonly tenantId: string;
  readonly actor: Actor;
  readonly origin: Origin;
  /** The sender's time zone, as their client reports it: `Europe/Berlin`; empty if it doesn't. */
  readonly zone: string;
}

/** Returns the sender and the conversation; null if Teams didn't name them. */
export function senderOf(activity: unknown, signIn: string): KnownSender | null {
  const read = Sender.safeParse(activity);
  const tenantId = tenantOf(activity);
  if (!read.success || tenantId === null) return null;
  const { from, conversation } = read.data;
  return {
    person: from.aadObjectId,
    memberId: from.id,
    name: from.name === undefined || isBlank(from.name) ? null : from.name.trim(),
    tenantId,
    actor: personActor(from.aadObjectId, tenantId, signIn),
    origin: { conversationId: conversation.id, conversationType: conversation.conversationType },
    zone: read.data.localTimezone,
  };
}

/** A click on a card: the button's data merged with the inputs; after a login request, also the client's token. */
export const CardClick = z.object({
  /** `manual`: a person clicked. `automatic`: Teams fetches that person's own view of the card. */
  trigger: z.string().optional().catch('unreadable'),
  action: z.object({
    verb: z.string().max(100),
    data: z.looseObject({
      // Other values count as a revision that never existed: the click changes nothing.
      revision: z.number().int().optional().catch(undefined),
      formId: z.string().max(64).optional(),
      requestId: z.string().max(64).optional(),
      driftId: z.string().max(64).optional(),
      resourceId: z.string().max(1_000).optional(),
      /** A command that a button sends for the person, as if typed. */
      text: z.string().max(4_000).optional().catch(undefined),
    }),
  }),
  // A malformed value counts as missing, as the protocol requires.
  authentication: z
    .object({ id: z.string().max(200), token: z.string().max(20_000) })
    .optional()
    .catch(undefined),
});
export type CardClick = z.infer<typeof CardClick>;

export const CardSearch = z.object({ queryText: z.string().max(200).default(''), dataset: z.string().max(100) });

/** A client got no token: `resourcematchfailed`. */
export const SignInFailure = z.object({ code: z.string().max(100), message: z.string().max(500).catch('') });

const Mentions = z
  .array(
    z.looseObject({
      type: z.string(),
      text: z.string().optional(),
      mentioned: z.looseObject({ id: z.string() }).optional(),
    }),
  )
  .catch([]);

export interface TypedMessage {
  /** `/cmk-help`: lower case, with its slash; empty if nothing was typed. */
  readonly command: string;
  readonly args: Readonly<Record<string, string>>;
  /** Words that aren't `name=value`. */
  readonly words: readonly string[];
}

const longestMessage = 4_000;

function withoutMentions(text: string, entities: unknown, botId: string): string {
  return Mentions.parse(entities ?? [])
    .filter((entity) => entity.type === 'mention' && entity.mentioned?.id === botId)
    .reduce((rest, entity) => (entity.text ? rest.replace(entity.text, ' ') : rest), text);
}

/** `name=value`, `name="two words"`. */
const pair = /(?:^|\s)([a-z]{1,20})=(?:"([^"]{0,1000})"|(\S{0,1000}))/gi;

function argumentsOf(text: string): Record<string, string> {
  const pairs = [...text.matchAll(pair)];
  return Object.fromEntries(pairs.map(([, name = '', quoted, bare]) => [name.toLowerCase(), quoted ?? bare ?? '']));
}

/** Parses a message. The slash is optional, because people leave it out after a mention and in personal chats. */
export function parseMessage(text: string, entities: unknown, botId: string): TypedMessage {
  const said = withoutMentions(text.slice(0, longestMessage), entities, botId)
    .replace(/\u00A0/g, ' ')
    .replace(/^[\p{Cf}\s]+/u, '')
    .trim();
  const [first = '', ...rest] = said.split(/\s+/);
  const word = first.toLowerCase().replace(/^\/+/, '');
  return {
    command: word === '' ? '' : `/${word}`,
    args: argumentsOf(rest.join(' ')),
    words: rest.join(' ').replace(pair, ' ').split(' ').filter(Boolean).slice(0, 20),
  };
}
