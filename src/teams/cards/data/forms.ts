/** Data of the pages of a form, and of what replaces a form. */
import { z } from 'zod';
import { CardText, Label } from '../plain-text.ts';
import { Choice, Color, choiceStyle, decision, Fact, formHeader, Row, stateBadge } from './row.ts';

const day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/);

const keyHeader = {
  ...formHeader,
  /** `Which key?` */
  title: CardText,
  /** `triage-agent-prod  ·  kv-care-prod` */
  subject: CardText,
};

const unusableKeys = {
  /** Why the others can't be used. */
  unusable: z.array(Row).max(15),
  /** Button that expands them: `2 not usable`. */
  unusableTitle: Label,
};

/** Why the request can't be submitted, and how to fix that. */
const Block = z.strictObject({
  /** `The agent is too old.` */
  title: CardText,
  /** `It was created on 2021-06-03. …` Empty if the title is sufficient. */
  text: CardText,
  /** What to do; empty if nothing. */
  remedy: CardText,
});
export type Block = z.infer<typeof Block>;

export const formSchemas = {
  /** Page 1: the agent. A card can't react to a choice, so facts are shown once the page is rendered with one. */
  'form-resource': z.strictObject({
    ...formHeader,
    /** `Which agent gets a customer-managed key?` */
    question: CardText,
    choices: z.array(Choice).max(15),
    /** The value of the selected agent, or empty. It must be among the choices. */
    selected: z.string(),
    /** About the selected agent; empty without one. */
    facts: z.array(Fact).max(8),
    /** `✓ Can use a customer-managed key`; empty without a selected agent. */
    verdict: CardText,
    verdictColor: Color,
    /** Why no request for this agent leads on; empty when one does. */
    blocked: CardText,
    /** Button that leads to the other operation; empty when there is none. */
    instead: Label,
    /** `12 agents in 3 subscriptions. 1 subscription cannot be read.` */
    coverage: CardText,
  }),
  /** Page 2: the key vault. The input selects, the rows explain. */
  'form-vault': z.strictObject({
    ...formHeader,
    canGoBack: z.boolean(),
    /** `triage-agent-prod  ·  West Europe` */
    subject: CardText,
    style: choiceStyle,
    /** Only usable ones. */
    choices: z.array(Choice).max(15),
    selected: z.string(),
    unusable: z.array(Row).max(15),
    /** Button that expands them: `2 not usable`. */
    unusableTitle: Label,
    /** What the card doesn't contain: `Vaults in 1 subscription cannot be read.` Empty if complete. */
    coverage: CardText,
  }),
  /** Page 3, an existing key. */
  'form-key-existing': z.strictObject({
    ...keyHeader,
    ...unusableKeys,
    style: choiceStyle,
    choices: z.array(Choice).min(1).max(15),
    selected: z.string(),
  }),
  /** Page 3, a new key. */
  'form-key-new': z.strictObject({
    ...keyHeader,
    ...unusableKeys,
    /** Why there are no keys to choose from; empty if there are, and then a button leads to them. */
    noneSuits: CardText,
    newKeyName: z.string().max(127),
    keyType: z.enum(['RSA', 'RSA-HSM']),
    keySize: z.enum(['2048', '3072', '4096']),
    keyExpiry: day,
    keyExpiryMin: day,
    keyExpiryMax: day,
    /** `Two years from now, as policy says.` */
    keyExpiryNote: CardText,
  }),
  /** The version: the newest, a new one, or another key. Without choices: why, and what to do. */
  'form-version': z.strictObject({
    ...formHeader,
    canGoBack: z.boolean(),
    /** `virtual-visit-agent  ·  cmk-virtual-visit in kv-care-prod` */
    subject: CardText,
    /** `Version 93e37d3d` */
    inUse: CardText,
    /** `made Wed, 2025-03-12, ends Fri, 2027-03-12` */
    inUseNote: CardText,
    choices: z.array(Choice).max(3),
    selected: z.string(),
    /** The effect of each choice, one line each. */
    notes: z.array(z.strictObject({ text: CardText })).max(5),
    /** Why nothing can be selected; empty if something can. */
    nothingToChoose: CardText,
    /** Title of the button for another operation; empty if this one is right. */
    instead: Label,
  }),
  /** The last page: what will change. If blocked, it has no Submit, checkbox or reason. */
  'form-review': z.strictObject({
    ...formHeader,
    ...decision,
    resource: CardText,
    /** The effect of editing a waiting request; empty for a new request. */
    changing: CardText,
    canGoBack: z.boolean(),
    /** Differences from the waiting request; empty without any. */
    differences: z.array(Row).max(12),
    /** Empty: it can be submitted. */
    blocks: z.array(Block).max(12),
    /** True if the block can be resolved without another choice, so that `Check again` makes sense. */
    checkAgain: z.boolean(),
    passRows: z.array(Row).max(40),
    tick: Label,
    /** Title of the button for another operation; empty if this one is right. */
    instead: Label,
    /** Typed earlier, when the page is rendered again. With line breaks, not Markdown. */
    justification: z.string().max(500),
    /** Typed earlier; not Markdown. */
    changeReference: z.string().max(100),
    /** `Change number (optional, format CHG[0-9]{7})`; empty: not asked for. */
    referenceLabel: Label,
    referenceRequired: z.boolean(),
    acknowledged: z.enum(['true', 'false']),
    /** `Start: when approved` */
    startTitle: CardText,
    /** Selected earlier, when the page is rendered again: `2026-11-29`, `02:00`; or empty. */
    startDay: z.string().max(10),
    startTime: z.string().max(5),
    startOpen: z.boolean(),
    /** `CMK-7F3K9Q. 1 approval is required. You can't approve your own request.` */
    footer: CardText,
  }),
  /** Replaces a page while Azure is slow. */
  'form-slow': z.strictObject({
    ...formHeader,
    /** `Looking at the vaults` */
    title: CardText,
    subject: CardText,
    /** What the bot does, or why it failed. */
    state: z.array(Row).length(1),
    /** The previous page is available. */
    canGoBack: z.boolean(),
  }),
  /** What others see of a form. The owner's client fetches the form automatically, or by the button. */
  'form-open': z.strictObject({
    formId: z.string(),
    /** The form's revision: a change makes the owner's client fetch the form again. */
    revision: z.int(),
    /** The owner's Teams user ID. */
    userIds: z.array(z.string()).length(1),
    fallbackText: Label,
    /** `Requester is filling in a request` */
    title: CardText,
    text: CardText,
  }),
  /** Replaces a form that created no request. A submitted one becomes its request's card. */
  'form-ended': z.strictObject({
    /** Empty: it can't be resumed. */
    formId: z.string(),
    revision: z.int(),
    fallbackText: Label,
    ...stateBadge,
    title: CardText,
    text: CardText,
  }),
} as const;
