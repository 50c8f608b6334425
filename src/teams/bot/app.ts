/** What turns of people take from the app record. */
import type { RoleChecks } from '../../authorization/role-checks.ts';
import type { Conversations, Jobs, People } from '../../domain/ports/store.ts';
import type { RefusalCode } from '../../domain/request/refusal.ts';
import type { ActionPorts } from '../../operations/actions/action.ts';
import type { CommandPorts } from '../../operations/commands/command.ts';
import type { Chat } from '../delivery/chat.ts';
import type { DriftAlerts } from '../delivery/drift-alerts.ts';
import type { RequestCards } from '../delivery/request-cards.ts';
import type { EvidenceLinks } from '../sign-in/evidence-links.ts';
import type { StepUpSignIn } from '../sign-in/step-up.ts';
import type { SweepApp } from './abandoned-forms.ts';
import type { ClickDedupe } from './click-dedupe.ts';
import type { DeferredUpdates } from './deferred-updates.ts';
import type { Forms } from './forms.ts';
import type { Lists } from './lists.ts';
import type { TypeaheadCache } from './typeahead-cache.ts';

export interface BotApp extends ActionPorts, CommandPorts, Omit<SweepApp, 'requests'> {
  readonly chat: Chat;
  readonly conversations: Conversations;
  readonly people: People;
  readonly jobs: Pick<Jobs, 'retryPosts'>;
  /** The setting; null: events are posted nowhere. */
  readonly auditChannel: string | null;
  /** How people are authenticated: `bot-framework` with tokens, `local` without. */
  readonly signIn: string;
  readonly roleChecks: RoleChecks;
  readonly requestCards: RequestCards;
  readonly driftAlerts: DriftAlerts;
  readonly forms: Forms;
  readonly lists: Lists;
  readonly resources: TypeaheadCache;
  readonly later: DeferredUpdates;
  readonly once: ClickDedupe;
  /** Null: approving needs no step-up authentication. */
  readonly stepUpSignIn: StepUpSignIn | null;
  /** Null: nothing is published, or there is no address for browsers. */
  readonly evidenceLinks: EvidenceLinks | null;
  /** Counts what a person without a role typed or clicked. */
  readonly onRefused: (code: RefusalCode) => void;
  readonly log: Record<'info' | 'warn', (fields: object, message: string) => void>;
}
