import { z } from 'zod';
import { CardText, Label } from '../plain-text.ts';
import { Choice, formHeader } from './row.ts';

/** The version: the newest, a new one, or another key. Without choices: why, and what to do. */
export const FormVersionData = z.strictObject({
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
});
export type FormVersionData = z.infer<typeof FormVersionData>;
