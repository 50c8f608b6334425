import { z } from 'zod';
import { CardText, Label } from '../plain-text.ts';
import { Choice, formHeader, Row } from './row.ts';

const day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/);

/** Page 3: an existing key, or a new one with settings that fold. */
export const FormKeyData = z.strictObject({
  ...formHeader,
  /** `Which key?`, or `A new key` once a new one is chosen. */
  title: CardText,
  /** `triage-agent-prod  ·  kv-care-prod` */
  subject: CardText,
  /** The last one is `+ New key in kv-care-prod` with the value `new`. */
  choices: z.array(Choice).max(16),
  selected: z.string(),
  suitable: z.array(Row).max(15),
  unusable: z.array(Row).max(15),
  unusableTitle: Label,
  /** True once a new key is chosen: its settings are open and take the place of the list. */
  newKeyOpen: z.boolean(),
  newKeyName: z.string().max(127),
  keyType: z.enum(['RSA', 'RSA-HSM']),
  keySize: z.enum(['2048', '3072', '4096']),
  keyExpiry: day,
  keyExpiryMin: day,
  keyExpiryMax: day,
  /** `Two years from now, as policy says.` */
  keyExpiryNote: CardText,
});
export type FormKeyData = z.infer<typeof FormKeyData>;
