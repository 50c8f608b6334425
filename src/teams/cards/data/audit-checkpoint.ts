import { z } from 'zod';
import { CardText, Label } from '../plain-text.ts';
import { Color } from './row.ts';

const NoteLine = z.strictObject({ text: CardText });

/** The whole checkpoint that covers the end of a request, so that people have copies of it. */
export const AuditCheckpointData = z.strictObject({
  fallbackText: Label,
  /** `Checkpoint of 121 events` */
  title: CardText,
  /** Whether enough witnesses and the vault key signed it; empty if none are configured. */
  witnessed: CardText,
  witnessedColor: Color,
  /** Name of the log, number of events, hash. */
  lines: z.array(NoteLine).length(3),
  signatures: z.array(NoteLine).min(1).max(64),
});
export type AuditCheckpointData = z.infer<typeof AuditCheckpointData>;
