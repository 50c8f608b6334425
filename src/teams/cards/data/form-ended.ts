import { z } from 'zod';
import { CardText, Label } from '../plain-text.ts';
import { Color } from './row.ts';

/** What a form becomes: cancelled, expired, or submitted (then it points to the request). */
export const FormEndedData = z.strictObject({
  fallbackText: Label,
  stateLine: CardText,
  stateColor: Color,
  /** Empty unless a request came of it. */
  requestId: z.string(),
  /** The agent's name or what was wanted. */
  title: CardText,
  text: CardText,
});
export type FormEndedData = z.infer<typeof FormEndedData>;
