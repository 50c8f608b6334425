/** The fields of inbound activities that are used, checked. Everything else Teams sends is ignored. */
import { z } from 'zod';
import type { Actor, Origin } from '../domain/events.ts';
import { personActor } from '../domain/events.ts';
import { PersonId, TenantId } from '../domain/ids.ts';

const id = z.string().min(1).max(1_000);

/** What every activity must have before the SDK sees it. */
export const InboundActivity = z.looseObject({
  type: id,
  channelId: z.literal('msteams'),
  serviceUrl: z.url(),
  from: z.looseObject({ id }),
  recipient: z.looseObject({ id }),
  conversation: z.looseObject({ id }),
});

const Sender = z.object({
  from: z.object({ id, name: z.string().max(500).optional(), aadObjectId: PersonId }),
  conversation: z.object({
    id,
    conversationType: z.enum(['personal', 'groupChat', 'channel']),
    tenantId: TenantId.optional(),
  }),
  channelData: z.object({ tenant: z.object({ id: TenantId }).optional() }).optional(),
});

export interface KnownSender {
  readonly person: PersonId;
  readonly memberId: string;
  readonly name: string | null;
  readonly tenantId: string;
  readonly actor: Actor;
  readonly origin: Origin;
}

/** Who sent it and where; null when Teams did not say, and then nobody did. */
export function senderOf(activity: unknown, signIn: string): KnownSender | null {
  const read = Sender.safeParse(activity);
  if (!read.success) return null;
  const { from, conversation, channelData } = read.data;
  const tenantId = channelData?.tenant?.id ?? conversation.tenantId;
  // Two different tenants on one activity: believe neither.
  if (tenantId === undefined || (conversation.tenantId !== undefined && conversation.tenantId !== tenantId))
    return null;
  return {
    person: from.aadObjectId,
    memberId: from.id,
    name: from.name ?? null,
    tenantId,
    actor: personActor(from.aadObjectId, tenantId, signIn),
    origin: { conversationId: conversation.id, conversationType: conversation.conversationType },
  };
}

/** A click on a card: the button's data merged with the inputs. */
export const CardClick = z.object({
  action: z.object({
    verb: z.string().max(100),
    data: z.looseObject({
      // Anything else is a revision that never was: it changes nothing, and is answered like one.
      revision: z.number().int().optional().catch(undefined),
      formId: z.string().max(64).optional(),
      requestId: z.string().max(64).optional(),
    }),
  }),
});
export type CardClick = z.infer<typeof CardClick>;

/** What was typed into a choice input with typeahead. */
export const CardSearch = z.object({ queryText: z.string().max(200).default(''), dataset: z.string().max(100) });
