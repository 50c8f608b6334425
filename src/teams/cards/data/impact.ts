import { z } from 'zod';
import { CardText, Label } from '../plain-text.ts';
import { HistoryRow } from './history.ts';

/** /key-impact: who uses a vault or a key, in sections. */
export const ImpactData = z.strictObject({
  fallbackText: Label,
  /** `cmk-triage in kv-care-prod` */
  title: CardText,
  /** `2 resources declare this key.` */
  subject: CardText,
  sections: z
    .array(
      z.strictObject({
        title: CardText,
        rows: z.array(HistoryRow).min(1).max(15),
        /** `and 12 more`; empty where all are shown. */
        more: CardText,
      }),
    )
    .max(5),
});
export type ImpactData = z.infer<typeof ImpactData>;
