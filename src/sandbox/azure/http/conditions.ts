import { armRefusal } from './reply.ts';
import type { Call } from './router.ts';

const listed = (header: string | undefined): readonly string[] => (header ?? '').split(',').map((one) => one.trim());

/**
 * `If-Match` and `If-None-Match` on a write, for resources whose answers carry an etag; null where there is none yet. The
 * status is the one of the standard (RFC 9110), code and text are recalled.
 */
export const requireConditions = ({ incoming }: Call, etag: string | null): void => {
  const ifMatch = incoming.headers['if-match'];
  const ifNoneMatch = incoming.headers['if-none-match'];
  const fits = (header: string): boolean => etag !== null && (header === '*' || listed(header).includes(etag));
  if ((ifMatch === undefined || fits(ifMatch)) && (ifNoneMatch === undefined || !fits(ifNoneMatch))) return;
  throw armRefusal(412, 'PreconditionFailed', 'The condition specified using HTTP conditional header(s) is not met.');
};
