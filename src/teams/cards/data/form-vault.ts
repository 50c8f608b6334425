import { z } from 'zod';
import { CardText, Label } from '../plain-text.ts';
import { Choice, choiceStyle, formHeader, Row } from './row.ts';

/** Page 2: which vault. The input chooses, the rows explain. */
export const FormVaultData = z.strictObject({
  ...formHeader,
  canGoBack: z.boolean(),
  /** `triage-agent-prod  ·  West Europe` */
  subject: CardText,
  style: choiceStyle,
  /** Those that can be used, and no others. */
  choices: z.array(Choice).max(15),
  selected: z.string(),
  suitable: z.array(Row).max(15),
  unusable: z.array(Row).max(15),
  /** Button that unfolds them: `2 not usable`. */
  unusableTitle: Label,
  /** What is not on the card: `Vaults in 1 subscription cannot be read.` Empty when all is. */
  coverage: CardText,
});
export type FormVaultData = z.infer<typeof FormVaultData>;
