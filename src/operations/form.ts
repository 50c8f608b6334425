/** The form of `/enable-cmk`: what it remembers between clicks, whatever shows it. */
import { z } from 'zod';
import { ArmId, FormId, KeyName, KeyVersion, PersonId, RequestId } from '../domain/ids.ts';
import { NewKey } from '../domain/observed.ts';
import { Actor, Origin } from '../domain/request/events.ts';

export const PageName = z.enum(['resource', 'vault', 'key', 'review']);
export type PageName = z.infer<typeof PageName>;

/** The key that was chosen: an existing version, or one to be made. */
export const ChosenKey = z.union([
  z.object({ kind: z.literal('existing'), name: KeyName, version: KeyVersion }),
  z.object({ kind: z.literal('new'), name: KeyName, key: NewKey }),
]);
export type ChosenKey = z.infer<typeof ChosenKey>;

export const Form = z.object({
  id: FormId,
  /** Minted when the form opens, so that submitting twice makes one request. */
  requestId: RequestId,
  owner: PersonId,
  actor: Actor,
  origin: Origin,
  /** Counts pages shown; every button carries it, and a button of an earlier page only shows the current one. */
  revision: z.number().int(),
  page: PageName,
  resourceId: ArmId.nullable(),
  vaultId: ArmId.nullable(),
  key: ChosenKey.nullable(),
  /** Digest of the plan on the review page: submitting another one shows the page again. */
  shownDigest: z.string().nullable(),
  /** Kept while the form is corrected. */
  justification: z.string(),
  /** A click that Azure was too slow for, with what was filled in: `form.refresh` makes it again. */
  pending: z
    .object({ verb: z.enum(['form.next', 'form.submit']), inputs: z.record(z.string(), z.string()) })
    .nullable()
    .default(null),
  ended: z.enum(['submitted', 'cancelled']).nullable(),
});
export type Form = z.infer<typeof Form>;
