import { z } from 'zod';
import { CardText, Label } from '../plain-text.ts';
import { Choice, formHeader } from './row.ts';

/** Which version: the newest, a new one, or another key. Without choices: why there is none, and where to turn. */
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
  /** What follows from each choice, a line each. */
  notes: z.array(z.strictObject({ text: CardText })).max(5),
  /** Why nothing can be chosen; empty where something can. */
  nothingToChoose: CardText,
  /** On the button that leads to another operation; empty where this one is the right one. */
  instead: Label,
});
export type FormVersionData = z.infer<typeof FormVersionData>;
