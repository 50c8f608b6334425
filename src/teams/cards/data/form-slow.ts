import { z } from 'zod';
import { CardText } from '../plain-text.ts';
import { formHeader, Row } from './row.ts';

/** Replaces a page while Azure is slow. */
export const FormSlowData = z.strictObject({
  ...formHeader,
  /** `Looking at the vaults` */
  title: CardText,
  /** The agent, if one is selected. */
  subject: CardText,
  /** What the bot does, or why it failed. */
  state: z.array(Row).length(1),
  /** The previous page is available. */
  canGoBack: z.boolean(),
});
export type FormSlowData = z.infer<typeof FormSlowData>;
