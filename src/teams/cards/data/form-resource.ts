import { z } from 'zod';
import { CardText } from '../plain-text.ts';
import { Choice, Color, Fact, formHeader } from './row.ts';

/** Page 1: which agent. A card cannot react to a choice: the facts show when the page is drawn with one. */
export const FormResourceData = z.strictObject({
  ...formHeader,
  /** `Which agent gets its own key?` */
  question: CardText,
  choices: z.array(Choice).max(15),
  /** The value of the chosen agent, or empty. It has to stand among the choices. */
  selected: z.string(),
  /** About the chosen agent; empty when none is chosen. */
  facts: z.array(Fact).max(8),
  /** `✓ Can use a customer-managed key`; empty when none is chosen. */
  verdict: CardText,
  verdictColor: Color,
  /** `12 agents in 3 subscriptions. 1 subscription cannot be read.` */
  coverage: CardText,
});
export type FormResourceData = z.infer<typeof FormResourceData>;
