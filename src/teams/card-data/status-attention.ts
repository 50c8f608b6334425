import { z } from 'zod';
import { CardText } from '../plain-text.ts';
import { Fact, Row, requestHeader } from './row.ts';

/** A step failed and a person has to decide; or (failed) somebody gave up, and this is what was done and what was not. */
export const StatusAttentionData = z.strictObject({
  ...requestHeader,
  /** `Step 3 of 5, grant key access, was refused` */
  headline: CardText,
  /** `The agent’s key was not changed by this request.` */
  summary: CardText,
  /** `403 AuthorizationFailed`; empty when it was not Azure that said no. */
  azureCode: CardText,
  /** Azure's words, whole; the card cuts them at six lines. */
  azureWords: CardText,
  /** Azure's words again, to unfold, when they are longer than six lines; else empty. */
  azureInFull: CardText,
  /** `**To mend it:** give this bot’s identity the role …`; empty when nobody knows. */
  mend: CardText,
  /** Needs attention: Retry and Give up. False once it has failed. */
  canDecide: z.boolean(),
  /** Correlation id, last try, plan. */
  facts: z.array(Fact).min(1).max(8),
  /** `Retry goes on from step 3. Give up ends the request and …` */
  consequence: CardText,
  /** `2 steps done, 3 not` */
  stepsTitle: CardText,
  steps: z.array(Row).min(1).max(10),
  note: CardText,
});
export type StatusAttentionData = z.infer<typeof StatusAttentionData>;
