import { Refusal, type Reply, reply } from '../http/reply.ts';
import type { Call, Route } from '../http/router.ts';
import { graphPage, graphRoute, groupBody, principalBody, userBody } from './graph.ts';
import { applicationBody, graphPrincipal } from './graph-applications.ts';

type Body = Readonly<Record<string, unknown>>;

const unsupported = (filter: string): Refusal =>
  new Refusal(
    reply(400, {
      error: {
        code: 'Request_UnsupportedQuery',
        message: `Unsupported or invalid query filter clause specified: ${filter}.`,
      },
    }),
  );

const lower = (value: unknown): string => String(value ?? '').toLowerCase();

/** The forms that Azure's own command line sends; what else there is of the language is refused. */
const testOf = (clause: string): ((body: Body) => boolean) => {
  const [, same, value] = /^(\w+)\s+eq\s+'((?:[^']|'')*)'$/i.exec(clause) ?? [];
  if (same !== undefined) return (body) => lower(body[same]) === lower(value?.replaceAll("''", "'"));
  const [, begun, start] = /^startswith\((\w+),\s*'((?:[^']|'')*)'\)$/i.exec(clause) ?? [];
  if (begun !== undefined) return (body) => lower(body[begun]).startsWith(lower(start?.replaceAll("''", "'")));
  const [, list, item] = /^(\w+)\/any\(\w+:\s*\w+\s+eq\s+'([^']*)'\)$/i.exec(clause) ?? [];
  if (list === undefined) throw unsupported(clause);
  return (body) => {
    const items = body[list];
    return Array.isArray(items) && items.some((one) => lower(one) === lower(item));
  };
};

const filtered = (call: Call, bodies: readonly Body[]): readonly Body[] => {
  const filter = call.incoming.query.get('$filter')?.trim() ?? '';
  if (filter === '') return bodies;
  const joiner = /\sor\s/i.test(filter) ? 'or' : 'and';
  const tests = filter.split(new RegExp(`\\s+${joiner}\\s+`, 'i')).map((clause) => testOf(clause.trim()));
  return bodies.filter((body) =>
    joiner === 'or' ? tests.some((test) => test(body)) : tests.every((test) => test(body)),
  );
};

const kinds = {
  users: ({ world }: Call): readonly Body[] => world.state.users.map(userBody),
  groups: ({ world }: Call): readonly Body[] => world.state.groups.map(groupBody),
  servicePrincipals: ({ world }: Call): readonly Body[] => [
    ...world.state.principals.map(principalBody),
    graphPrincipal,
  ],
  applications: ({ world }: Call): readonly Body[] =>
    world.state.principals.filter(({ kind }) => kind === 'Application').map(applicationBody),
};

const list =
  (kind: keyof typeof kinds) =>
  (call: Call): Reply =>
    graphPage(call, kind, filtered(call, kinds[kind](call)), (body) => body);

/** With the least application permissions that Microsoft Graph 1.0 documents for each. */
export const graphListRoutes: readonly Route[] = [
  graphRoute('GET', '/v1.0/users', ['User.Read.All'], list('users')),
  graphRoute('GET', '/v1.0/groups', ['GroupMember.Read.All'], list('groups')),
  graphRoute('GET', '/v1.0/applications', ['Application.Read.All'], list('applications')),
  graphRoute('GET', '/v1.0/servicePrincipals', ['Application.Read.All'], list('servicePrincipals')),
];
