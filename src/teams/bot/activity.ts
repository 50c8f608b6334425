/** The fields of inbound activities that are used, checked. Everything else Teams sends is ignored. */
import { z } from 'zod';
import { PersonId, TenantId } from '../../domain/ids.ts';
import type { Actor } from '../../domain/request/events.ts';
import { personActor } from '../../domain/request/events.ts';
import type { Origin } from '../../domain/request/payloads.ts';
import { isBlank } from '../../domain/unseen.ts';

/** Ids are opaque, but they are sent in HTTP headers and kept in the database, which take neither controls nor all letters. */
const id = z
  .string()
  .min(1)
  .max(1_000)
  .regex(/^[\x20-\x7e]+$/, 'must be printable ASCII');

/** Names are shown on one line, and the database takes no NUL. */
const name = z.string().transform((text) => text.slice(0, 500).replace(/\p{Cc}+/gu, ' '));

/** The SDK tells what is missing from what is there, but not from null. */
const maybe = <T extends z.ZodType>(schema: T) => schema.nullish().transform((value) => value ?? undefined);

/**
 * All of an activity that the SDK and the bot get to see: the SDK believes the kinds of what it reads, and answers with some
 * of it.
 */
export const InboundActivity = z.object({
  type: id,
  id: maybe(id),
  channelId: z.literal('msteams'),
  serviceUrl: z.url({ protocol: /^https?$/ }).max(1_000),
  from: z.object({ id, name: maybe(name), aadObjectId: maybe(z.string()) }),
  /** `isTargeted`: nobody else sees the message. */
  recipient: z.object({ id, name: maybe(z.string()), isTargeted: z.boolean().optional().catch(undefined) }),
  conversation: z.object({
    id,
    conversationType: maybe(z.string()),
    tenantId: maybe(z.string()),
    isGroup: maybe(z.boolean()),
  }),
  channelData: maybe(z.object({ tenant: maybe(z.object({ id: z.string() })), team: maybe(z.object({ id })) })),
  replyToId: maybe(id),
  text: maybe(z.string()),
  entities: maybe(z.array(z.unknown())),
  localTimezone: maybe(z.string().max(100).catch('')),
  /** Of an invoke. */
  name: maybe(z.string()),
  value: z.unknown().optional(),
  /** Of an installation or a conversation that changed. */
  action: maybe(z.string()),
  membersAdded: maybe(z.array(z.object({ id }))),
});
export type InboundActivity = z.infer<typeof InboundActivity>;

const Tenants = z.object({
  conversation: z.object({ tenantId: TenantId.optional() }),
  channelData: z.object({ tenant: z.object({ id: TenantId }).optional() }).optional(),
});

/** The tenant an activity comes from; null when it names none, or two: then neither is believed. */
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
  /** Where they are, as their client says: `Europe/Berlin`; empty where it does not. */
  readonly zone: string;
}

/** Who sent it and where; null when Teams did not say, and then nobody did. */
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

/** A click on a card: the button's data merged with the inputs; after a login request, with what the client has to show. */
export const CardClick = z.object({
  /** `manual`: a person clicked. `automatic`: Teams fetches that person's own view of the card. */
  trigger: z.string().optional().catch('unreadable'),
  action: z.object({
    verb: z.string().max(100),
    data: z.looseObject({
      // Anything else is a revision that never was: it changes nothing, and is answered like one.
      revision: z.number().int().optional().catch(undefined),
      formId: z.string().max(64).optional(),
      requestId: z.string().max(64).optional(),
      resourceId: z.string().max(1_000).optional(),
      /** What a button says for the person, as if they had typed it. */
      text: z.string().max(4_000).optional().catch(undefined),
    }),
  }),
  // One that is malformed counts as none, as the protocol has it.
  authentication: z
    .object({ id: z.string().max(200), token: z.string().max(20_000) })
    .optional()
    .catch(undefined),
});
export type CardClick = z.infer<typeof CardClick>;

/** What was typed into a choice input with typeahead. */
export const CardSearch = z.object({ queryText: z.string().max(200).default(''), dataset: z.string().max(100) });
