/**
 * What stands before Azure's PostgreSQL where only identities may sign in: it asks for a password, takes tokens for it, and lets
 * those in that are for databases and of the identity that the user stands for. Behind it is a PostgreSQL that asks nobody.
 */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { decodeJwt } from 'jose';
import { listen, throughPort } from '../processes/test-server.ts';

/** What Azure's servers have, which make a role for an identity; here it is one that needs no password. */
export const entraPrincipals = `create or replace function pgaadauth_create_principal_with_oid(name text, oid text, kind text, admin boolean, mfa boolean)
  returns text language plpgsql as $$ begin execute format('create role %I login', name); return 'Created role for ' || name; end $$`;

export type EntraDatabase = Awaited<ReturnType<typeof startEntraDatabase>>;

const message = (type: string, body: Buffer): Buffer => {
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
};
const askForPassword = message('R', Buffer.from([0, 0, 0, 3]));
const refused = message('E', Buffer.from('SFATAL\0C28P01\0Mno token that is known\0\0'));

/** Reads so many bytes, and whatever came after them stays in the socket. */
async function take(socket: Socket, count: number): Promise<Buffer> {
  for (;;) {
    const bytes: Buffer | null = socket.read(count);
    if (bytes !== null) return bytes;
    await once(socket, 'readable');
  }
}

async function startupOf(socket: Socket): Promise<{ readonly bytes: Buffer; readonly user: string }> {
  const length = await take(socket, 4);
  const rest = await take(socket, length.readInt32BE() - 4);
  const words = rest.subarray(4).toString().split('\0');
  return { bytes: Buffer.concat([length, rest]), user: words[words.indexOf('user') + 1] ?? '' };
}

async function passwordOf(socket: Socket): Promise<string> {
  const head = await take(socket, 5);
  const body = await take(socket, head.readInt32BE(1) - 4);
  return body.subarray(0, -1).toString();
}

/** `identities`: who each user of the database is, by object id. */
export async function startEntraDatabase(behind: string, user: string, identities: Readonly<Record<string, string>>) {
  /** What was presented, and whether it was let in. */
  const seen: { readonly user: string; readonly audience: string; readonly let: boolean }[] = [];
  const server = createServer(async (socket) => {
    socket.on('error', () => undefined);
    const startup = await startupOf(socket);
    socket.write(askForPassword);
    const { aud, oid } = decodeJwt(await passwordOf(socket));
    const isLet = aud === 'https://ossrdbms-aad.database.windows.net' && oid === identities[startup.user];
    seen.push({ user: startup.user, audience: String(aud), let: isLet });
    if (!isLet) return socket.end(refused);
    const { hostname, port } = new URL(behind);
    const database = connect(Number(port), hostname);
    database.on('error', () => socket.destroy());
    socket.on('close', () => database.destroy());
    database.write(startup.bytes);
    return void socket.pipe(database).pipe(socket);
  });
  const url = throughPort(behind, (await listen(server)).port);
  url.username = user;
  url.password = '';
  return { url: url.href, seen, stop: () => void server.close() };
}
