import type { RequestListener } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { httpsFetch } from '../../../../src/teams/sign-in/authority.ts';
import { localhostCertificate } from '../../../support/processes/localhost-certificate.ts';

/** Asking the authority, against a server that answers as it likes. */

let server: Server;
let url = '';
let ca = '';
let answer: RequestListener = () => {};
let asked: string[] = [];

beforeAll(async () => {
  const { ca: authority, cert, key } = await localhostCertificate();
  server = createServer({ cert, key }, (request, response) => {
    asked.push(request.url ?? '');
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  url = `https://localhost:${(server.address() as AddressInfo).port}/x?code=secret`;
  ca = authority;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  asked = [];
});

const call = (to = url, trusted: string | null = ca, signal?: AbortSignal) => {
  const options = {
    method: 'GET',
    headers: { accept: 'application/json' },
    body: undefined,
    redirect: 'manual',
  } as const;
  return httpsFetch(trusted)(to, signal === undefined ? options : { ...options, signal });
};
const unreachable = (why: RegExp) => ({ name: 'AuthorityUnreachable', message: expect.stringMatching(why) });

it('follows no redirect', async () => {
  answer = (_, response) => response.writeHead(302, { location: '/elsewhere' }).end();
  expect((await call()).status).toBe(302);
  expect(asked).toEqual(['/x?code=secret']);
});

it('hands on what was answered and its type, and no other header', async () => {
  const head = { 'content-type': 'application/json', 'www-authenticate': 'Bearer', 'set-cookie': 'a=b' };
  answer = (_, response) => response.writeHead(401, head).end('{"error":"é"}');
  const answered = await call();
  expect([answered.status, await answered.json()]).toEqual([401, { error: 'é' }]);
  expect([...answered.headers.keys()]).toEqual(['content-type']);
});

it('trusts the given authorities alone', async () => {
  answer = (_, response) => response.end('{}');
  await expect(call(url, null)).rejects.toMatchObject(unreachable(/self-signed certificate/));
});

it('says what was asked without what was asked for', async () => {
  await expect(call('https://localhost:1/x?code=secret')).rejects.toMatchObject(
    unreachable(/^asking https:\/\/localhost:1\/x: /),
  );
});

it('asks over https only', async () => {
  await expect(call(url.replace('https', 'http'))).rejects.toMatchObject(unreachable(/http: is not https:/));
});

it('gives up on a silent server, also in the middle of its answer', async () => {
  answer = () => {};
  await expect(call(url, ca, AbortSignal.timeout(100))).rejects.toMatchObject(unreachable(/abort/));
  answer = (_, response) => void response.write('{');
  await expect(call(url, ca, AbortSignal.timeout(100))).rejects.toMatchObject(unreachable(/abort/));
});

it('gives up on an answer without end, one that is cut off, and one that is none', async () => {
  answer = (_, response) => response.end('x'.repeat(1_100_000));
  await expect(call()).rejects.toMatchObject(unreachable(/too long/));
  answer = (_, response) => {
    response.writeHead(200, { 'content-length': '10' }).write('{');
    setTimeout(() => response.destroy(), 50);
  };
  await expect(call()).rejects.toMatchObject(unreachable(/abort/));
  answer = (_, response) => response.writeHead(999).end('{}');
  await expect(call()).rejects.toMatchObject(unreachable(/status/));
});
