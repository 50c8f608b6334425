import type { z } from 'zod';
import { formSchemas } from './forms.ts';
import { listSchemas } from './lists.ts';
import { postSchemas } from './posts.ts';
import { requestSchemas } from './requests.ts';

/** All cards: `cards/<name>.json` is the template, the schema describes its data. */
export const cardSchemas = {
  ...formSchemas,
  ...requestSchemas,
  ...listSchemas,
  ...postSchemas,
} as const satisfies Record<string, z.ZodObject>;

export type CardName = keyof typeof cardSchemas;
export type CardDataOf<Name extends CardName> = z.infer<(typeof cardSchemas)[Name]>;
