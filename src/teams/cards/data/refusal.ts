import { z } from 'zod';
import { CardText, Label } from '../plain-text.ts';
import { stateBadge } from './row.ts';

/** A typed command that is refused. A refused click gets `title` and `text` as a message only the clicker sees. */
export const RefusalData = z.strictObject({
  fallbackText: Label,
  ...stateBadge,
  /** Empty when no request is concerned. */
  requestId: z.string(),
  /** What is: `This is your own request.` */
  title: CardText,
  /** What to do. */
  text: CardText,
  /** `Only you see this. The request is unchanged.`; may be empty. */
  note: CardText,
  /** The command that may have been meant, which the button says as if it had been typed; empty: there is no button. */
  meant: Label,
  /** `Yes, start` */
  button: Label,
  /** Whether there is a button *All commands*. */
  help: z.boolean(),
});
export type RefusalData = z.infer<typeof RefusalData>;
