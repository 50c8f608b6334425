import { z } from 'zod';
import { CardText, Label } from '../plain-text.ts';

/** Commands, and the reader's permissions. */
export const HelpData = z.strictObject({
  fallbackText: Label,
  commands: z
    .array(
      z.strictObject({
        command: CardText,
        text: CardText,
        /** With all its parameters; empty without any. */
        usage: CardText,
        verb: z.string(),
        /** `Start`; empty: it has no button. */
        button: Label,
      }),
    )
    .min(1)
    .max(12),
  /** `**You can submit requests**, and approve other people’s requests.` */
  role: CardText,
  /** `1 approval is needed. Requests expire after 72 hours.`, and where the audit log is shown. */
  notes: z.array(z.strictObject({ text: CardText })).max(6),
});
export type HelpData = z.infer<typeof HelpData>;
