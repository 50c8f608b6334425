import { z } from 'zod';
import { CardText } from '../plain-text.ts';
import { formHeader, Row } from './row.ts';

/** In place of a page that Azure is too slow for. */
export const FormSlowData = z.strictObject({
  ...formHeader,
  /** `Looking at the vaults` */
  title: CardText,
  /** The agent, where one is chosen. */
  subject: CardText,
  /** What is being done, or why it was in vain. */
  state: z.array(Row).length(1),
  /** The page that was left is there to go back to. */
  canGoBack: z.boolean(),
});
export type FormSlowData = z.infer<typeof FormSlowData>;
