import { z } from 'zod';
import { CardText, Label } from '../plain-text.ts';
import { Choice, choiceStyle, formHeader, Row } from './row.ts';

/** Page 2: the key vault. The input selects, the rows explain. */
export const FormVaultData = z.strictObject({
  ...formHeader,
  canGoBack: z.boolean(),
  /** `triage-agent-prod  ·  West Europe` */
  subject: CardText,
  style: choiceStyle,
  /** Only usable ones. */
  choices: z.array(Choice).max(15),
  selected: z.string(),
  unusable: z.array(Row).max(15),
  /** Button that expands them: `2 not usable`. */
  unusableTitle: Label,
  /** What the card doesn't contain: `Vaults in 1 subscription cannot be read.` Empty if complete. */
  coverage: CardText,
});
export type FormVaultData = z.infer<typeof FormVaultData>;
