import { z } from 'zod';
import { CardText, Label } from '../plain-text.ts';
import { Choice, choiceStyle, formHeader, Row } from './row.ts';

const day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/);

const keyHeader = {
  ...formHeader,
  /** `Which key?` */
  title: CardText,
  /** `triage-agent-prod  ·  kv-care-prod` */
  subject: CardText,
};
const unusableKeys = {
  /** Why the others can't be used. */
  unusable: z.array(Row).max(15),
  /** Button that expands them: `2 not usable`. */
  unusableTitle: Label,
};

/** Page 3, an existing key. */
export const FormKeyExistingData = z.strictObject({
  ...keyHeader,
  ...unusableKeys,
  style: choiceStyle,
  choices: z.array(Choice).min(1).max(15),
  selected: z.string(),
});
export type FormKeyExistingData = z.infer<typeof FormKeyExistingData>;

/** Page 3, a new key. */
export const FormKeyNewData = z.strictObject({
  ...keyHeader,
  ...unusableKeys,
  /** Why there are no keys to choose from; empty if there are, and then a button leads to them. */
  noneSuits: CardText,
  newKeyName: z.string().max(127),
  keyType: z.enum(['RSA', 'RSA-HSM']),
  keySize: z.enum(['2048', '3072', '4096']),
  keyExpiry: day,
  keyExpiryMin: day,
  keyExpiryMax: day,
  /** `Two years from now, as policy says.` */
  keyExpiryNote: CardText,
});
export type FormKeyNewData = z.infer<typeof FormKeyNewData>;
