/** Template and data become a card. The data passes its schema first, the card is looked at afterwards. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { AgentsData } from './data/agents.ts';
import { ApprovalData } from './data/approval.ts';
import { ApprovalDecidedData } from './data/approval-decided.ts';
import { AuditCheckpointData } from './data/audit-checkpoint.ts';
import { AuditReplyData } from './data/audit-reply.ts';
import { AuditRootData } from './data/audit-root.ts';
import { FormEndedData } from './data/form-ended.ts';
import { FormKeyData, FormKeyExistingData, FormKeyNewData } from './data/form-key.ts';
import { FormOpenData } from './data/form-open.ts';
import { FormResourceData } from './data/form-resource.ts';
import { FormReviewData } from './data/form-review.ts';
import { FormSlowData } from './data/form-slow.ts';
import { FormVaultData } from './data/form-vault.ts';
import { FormVersionData } from './data/form-version.ts';
import { HelpData } from './data/help.ts';
import { HistoryData } from './data/history.ts';
import { ListData } from './data/list.ts';
import { MessageData } from './data/message.ts';
import { RefusalData } from './data/refusal.ts';
import { StatusData } from './data/status.ts';
import { StatusAttentionData } from './data/status-attention.ts';
import { StatusShortData } from './data/status-short.ts';
import { StatusSucceededData } from './data/status-succeeded.ts';
import { WelcomeData } from './data/welcome.ts';
import { type Fill, readTemplate } from './template/template.ts';

/** Every card: `cards/<name>.json` is its layout, the schema its data. */
export const cardSchemas = {
  agents: AgentsData,
  approval: ApprovalData,
  'approval-decided': ApprovalDecidedData,
  'audit-checkpoint': AuditCheckpointData,
  'audit-reply': AuditReplyData,
  'audit-root': AuditRootData,
  'form-resource': FormResourceData,
  'form-ended': FormEndedData,
  'form-open': FormOpenData,
  'form-slow': FormSlowData,
  'form-key': FormKeyData,
  'form-key-existing': FormKeyExistingData,
  'form-key-new': FormKeyNewData,
  'form-review': FormReviewData,
  'form-vault': FormVaultData,
  'form-version': FormVersionData,
  help: HelpData,
  history: HistoryData,
  list: ListData,
  message: MessageData,
  refusal: RefusalData,
  status: StatusData,
  'status-attention': StatusAttentionData,
  'status-short': StatusShortData,
  'status-succeeded': StatusSucceededData,
  welcome: WelcomeData,
} as const satisfies Record<string, z.ZodObject>;

export type CardName = keyof typeof cardSchemas;
export type CardDataOf<Name extends CardName> = z.infer<(typeof cardSchemas)[Name]>;

const CardShape = z.looseObject({
  type: z.literal('AdaptiveCard'),
  version: z.enum(['1.0', '1.1', '1.2', '1.3', '1.4', '1.5']),
  fallbackText: z.string().min(1),
  body: z.array(z.looseObject({ type: z.string() })).min(1),
});
/** A card as Teams takes it, the content of an attachment. */
export type AdaptiveCard = z.infer<typeof CardShape>;

/** Teams refuses messages over 100 KB, counted as UTF-16; what else the activity holds needs room too. */
const maxBytes = 80 * 1024;

/** Bytes of a card as Teams counts them. */
export const bytesOf = (card: unknown): number => JSON.stringify(card).length * 2;

const templates = new Map<CardName, Fill>();

function templateOf(name: CardName): Fill {
  const known = templates.get(name);
  if (known !== undefined) return known;
  const text = readFileSync(new URL(`../../../cards/${name}.json`, import.meta.url), 'utf8');
  const template = readTemplate(JSON.parse(text));
  templates.set(name, template);
  return template;
}

/**
 * Renders a card. Throws on data that does not fit its type and on a card that Teams would refuse: both are bugs, never
 * something a person can bring about.
 */
export function renderCard<Name extends CardName>(name: Name, data: CardDataOf<Name>): AdaptiveCard {
  const card = templateOf(name)(cardSchemas[name].parse(data));
  const bytes = bytesOf(card);
  if (bytes > maxBytes) throw new Error(`rendering card ${name}: ${bytes} bytes, Teams takes ${maxBytes}`);
  return CardShape.parse(card);
}
