const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether a body has the member at a dotted path. */
export const hasMember = (body: unknown, path: string): boolean => {
  let here = body;
  for (const name of path.split('.')) {
    if (!isObject(here) || !(name in here)) return false;
    here = here[name];
  }
  return true;
};

/** The body without the member at a dotted path; what stands beside it stays. */
export const withoutMember = (body: unknown, path: string): unknown => {
  if (!isObject(body)) return body;
  const [name = '', ...below] = path.split('.');
  const { [name]: member, ...rest } = body;
  if (below.length === 0 || !(name in body)) return rest;
  return { ...rest, [name]: withoutMember(member, below.join('.')) };
};
