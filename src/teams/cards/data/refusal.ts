import { z } from 'zod';
import { CardText, Label } from '../plain-text.ts';
import { stateBadge } from './row.ts';

/** The refusal of a typed command. For a refused click, `title` and `text` are a message that only that person sees. */
export const RefusalData = z.strictObject({
  fallbackText: Label,
  ...stateBadge,
  /** Empty if it isn't about a request. */
  requestId: z.string(),
  /** What happened: `This is your own request.` */
  title: CardText,
  /** What to do. */
  text: CardText,
  /** `Only you see this. The request is unchanged.`; can be empty. */
  note: CardText,
  /** The suggested command, which the button sends as if typed; empty: no button. */
  meant: Label,
  /** `Yes, start` */
  button: Label,
  /** True if there is a button *All commands*. */
  help: z.boolean(),
});
export type RefusalData = z.infer<typeof RefusalData>;
