/** The cards, with the schema of each one's data. */
import type { z } from 'zod';
import { AgentsData } from './agents.ts';
import { ApprovalData } from './approval.ts';
import { ApprovalDecidedData } from './approval-decided.ts';
import { AuditCheckpointData } from './audit-checkpoint.ts';
import { AuditReplyData } from './audit-reply.ts';
import { AuditRootData } from './audit-root.ts';
import { DriftData } from './drift.ts';
import { FormEndedData } from './form-ended.ts';
import { FormKeyExistingData, FormKeyNewData } from './form-key.ts';
import { FormOpenData } from './form-open.ts';
import { FormResourceData } from './form-resource.ts';
import { FormReviewData } from './form-review.ts';
import { FormSlowData } from './form-slow.ts';
import { FormVaultData } from './form-vault.ts';
import { FormVersionData } from './form-version.ts';
import { HelpData } from './help.ts';
import { HistoryData } from './history.ts';
import { ImpactData } from './impact.ts';
import { ListData } from './list.ts';
import { MessageData } from './message.ts';
import { NotificationData } from './notification.ts';
import { RefusalData } from './refusal.ts';
import { StatusData } from './status.ts';
import { StatusAttentionData } from './status-attention.ts';
import { StatusShortData } from './status-short.ts';
import { StatusSucceededData } from './status-succeeded.ts';
import { WelcomeData } from './welcome.ts';

/** All cards: `cards/<name>.json` is the template, the schema describes its data. */
export const cardSchemas = {
  agents: AgentsData,
  approval: ApprovalData,
  'approval-decided': ApprovalDecidedData,
  'audit-checkpoint': AuditCheckpointData,
  'audit-reply': AuditReplyData,
  'audit-root': AuditRootData,
  drift: DriftData,
  'form-resource': FormResourceData,
  'form-ended': FormEndedData,
  'form-open': FormOpenData,
  'form-slow': FormSlowData,
  'form-key-existing': FormKeyExistingData,
  'form-key-new': FormKeyNewData,
  'form-review': FormReviewData,
  'form-vault': FormVaultData,
  'form-version': FormVersionData,
  help: HelpData,
  history: HistoryData,
  impact: ImpactData,
  list: ListData,
  message: MessageData,
  notification: NotificationData,
  refusal: RefusalData,
  status: StatusData,
  'status-attention': StatusAttentionData,
  'status-short': StatusShortData,
  'status-succeeded': StatusSucceededData,
  welcome: WelcomeData,
} as const satisfies Record<string, z.ZodObject>;

export type CardName = keyof typeof cardSchemas;
export type CardDataOf<Name extends CardName> = z.infer<(typeof cardSchemas)[Name]>;
