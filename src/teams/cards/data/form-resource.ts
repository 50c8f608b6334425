import { z } from 'zod';
import { CardText, Label } from '../plain-text.ts';
import { Choice, Color, Fact, formHeader } from './row.ts';

/** Page 1: the agent. A card can't react to a choice, so facts are shown once the page is rendered with one. */
export const FormResourceData = z.strictObject({
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
});
export type FormResourceData = z.infer<typeof FormResourceData>;
