import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import { approver, localTenantId as tenant } from '../../src/sandbox/people.ts';
import { discard, http, type RunningAzure, startAzure } from '../support/azure/local-azure.ts';
import { freePorts } from '../support/processes/free-ports.ts';

/** The local Entra as people and apps meet it: as strict as the real one where a mistake would matter. */

const app = '50000000-0000-4000-8000-000000000002';
const redirect = 'http://127.0.0.1:1/sign-in/done';
const verifier = 'v'.repeat(43);

let azure: RunningAzure;
let pages: string;
beforeAll(async () => {
  const port = await freePorts(11);
  azure = await startAzure({ port, signInPort: port + 11 });
  pages = `http://localhost:${port + 11}`;
});
afterAll(() => discard(azure));

const asked = (change: Record<string, string> = {}): string =>
  `${pages}/${tenant}/oauth2/v2.0/authorize?${new URLSearchParams({
    client_id: app,
    response_type: 'code',
    redirect_uri: redirect,
    scope: 'openid',
    state: 's',
    nonce: 'n',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    claims: '{"id_token":{"acrs":{"essential":true,"value":"c3"}}}',
    ...change,
  })}`;

async function codeFor(user: string, how = 'key'): Promise<string> {
  const body = new URLSearchParams({ user, with: how });
  const answer = await fetch(asked(), { method: 'POST', body, redirect: 'manual' });
  const back = new URL(answer.headers.get('location') ?? 'http://nowhere');
  expect([answer.status, back.searchParams.get('state')]).toEqual([302, 's']);
  return back.searchParams.get('code') ?? '';
}

const redeem = (code: string, change: Record<string, string> = {}) =>
  http(azure, 'POST', `/${tenant}/oauth2/v2.0/token`, {
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: app,
      client_secret: 'local-bot',
      redirect_uri: redirect,
      code,
      code_verifier: verifier,
      ...change,
    }).toString(),
  });

describe('signing in', () => {
  test('gives a token of the tenant that says who, when, how, and what that meets', async () => {
    const { body } = await redeem(await codeFor(approver.id));
    expect(decodeJwt(body.id_token)).toMatchObject({
      iss: `${azure.url}/${tenant}/v2.0`,
      aud: app,
      oid: approver.id,
      nonce: 'n',
      acrs: ['c3'],
      amr: ['fido', 'mfa'],
    });
    const weak = await redeem(await codeFor(approver.id, 'password'));
    expect(decodeJwt(weak.body.id_token)).not.toHaveProperty('acrs');
  });

  test.each([
    ['another secret', { client_secret: 'x' }, 401, 'AADSTS7000215'],
    ['another verifier', { code_verifier: 'w'.repeat(43) }, 400, 'AADSTS501481'],
    ['another address', { redirect_uri: `${redirect}/` }, 400, 'AADSTS500112'],
    ['another app', { client_id: '50000000-0000-4000-8000-000000000001', client_secret: 'local' }, 400, 'AADSTS70008'],
  ])('a code is worth nothing with %s', async (_, change, status, number) => {
    const answer = await redeem(await codeFor(approver.id), change);
    expect([answer.status, answer.body.error_description]).toEqual([status, expect.stringContaining(number)]);
  });

  test('a code is worth nothing the second time', async () => {
    const code = await codeFor(approver.id);
    expect((await redeem(code)).status).toBe(200);
    expect((await redeem(code)).body.error_description).toContain('AADSTS70008');
  });

  test.each([
    ['to an address elsewhere', { redirect_uri: 'https://evil.example/' }],
    ['without PKCE', { code_challenge: '' }],
    ['with the code in the open', { response_type: 'id_token' }],
    ['for an unknown app', { client_id: 'x' }],
  ])('is not begun %s', async (_, change) => {
    expect((await fetch(asked(change))).status).toBe(400);
  });

  test('neither code nor secret is in the request log', async () => {
    const code = await codeFor(approver.id);
    await redeem(code);
    const { body } = await http(azure, 'GET', '/simulator/requests');
    expect(JSON.stringify(body)).not.toContain(code);
    expect(JSON.stringify(body)).not.toContain(verifier);
  });
});

test('the page for browsers serves nothing else', async () => {
  expect((await fetch(`${pages}/simulator/state`)).status).toBe(404);
  expect((await fetch(`${pages}/${tenant}/oauth2/v2.0/token`, { method: 'POST' })).status).toBe(404);
});
