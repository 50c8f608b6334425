import { randomBytes } from 'node:crypto';
import { decide } from '../../../../src/domain/request/decide.ts';
import { refuse } from '../../../../src/domain/request/refusal.ts';
import { openAuthority } from '../../../../src/teams/sign-in/authority.ts';
import type { PageAnswer } from '../../../../src/teams/sign-in/html.ts';
import type { Purpose } from '../../../../src/teams/sign-in/pending.ts';
import { openStepUp, type StepUpSignIn } from '../../../../src/teams/sign-in/step-up.ts';
import { startEntra, type TestEntra } from '../../../support/azure/entra.ts';
import { asks, id, secondApprover } from '../../../support/builders/commands.ts';
import { approver, requestId, tenant } from '../../../support/builders/fixtures.ts';
import { memoryDocuments } from '../../../support/builders/memory-documents.ts';
import { memoryRequests } from '../../../support/builders/memory-requests.ts';

/** A click, the question for a sign-in, the two pages, and what each way to cheat comes to. In a browser: test/browser/step-up.test.ts. */

const appId = '50000000-0000-4000-8000-000000000002';
const noon = Date.parse('2026-03-02T12:00:00Z');
const clock = { ms: noon };
const now = () => new Date(clock.ms);
const minutes = (count: number) => count * 60_000;

let entra: TestEntra;
let logged: string[];
let redrawn: string[];
let refused: string[];
const inputs = { comment: 'At night', startDay: '2026-03-04', startTime: '02:00' };
const click = { at: { conversationId: '19:approvals', activityId: '1' }, inputs };
let documents: ReturnType<typeof memoryDocuments>;
let signIn: StepUpSignIn;

/** The same process again, on what was kept. */
function restart(): void {
  const log = (fields: object, message: string) => void logged.push(`${message} ${JSON.stringify(fields)}`);
  const requests = memoryRequests(now);
  void requests.append(id, 'submit', (request, at) => decide(request, asks(1), at));
  signIn = openStepUp({
    app: { appId, appSecret: 'the-secret', publicUrl: 'https://bot.example.com' },
    stepUp: { context: 'c1', maxAgeMs: minutes(10) },
    authority: openAuthority({ host: entra.host, tenantId: tenant, ca: entra.ca, now }),
    documents,
    requests,
    directory: { names: async () => () => '<b>Requester</b>' },
    redraw: async (of, at, { comment }) => void redrawn.push(`${of} ${at.activityId} ${comment}`),
    random: randomBytes,
    now,
    onRefused: (code) => void refused.push(code),
    log: { info: log, warn: log },
  });
}

beforeAll(async () => {
  entra = await startEntra({
    tenantId: tenant,
    now,
    usual: (nowS, iss) => ({
      iss,
      aud: appId,
      tid: tenant,
      oid: approver,
      iat: nowS,
      nbf: nowS,
      exp: nowS + 3_600,
      auth_time: nowS,
      acrs: ['c1'],
      amr: ['fido'],
    }),
  });
});
afterAll(() => entra.stop());
beforeEach(() => {
  clock.ms = noon;
  entra.mend();
  logged = [];
  redrawn = [];
  refused = [];
  documents = memoryDocuments();
  restart();
});

const purpose = (change: Partial<Purpose> = {}): Purpose => ({ person: approver, requestId: id, asking: 1, ...change });

interface Login {
  readonly statusCode: number;
  readonly type: string;
  readonly value: {
    readonly text: string;
    readonly connectionName: string;
    readonly tokenExchangeResource?: { readonly id: string; readonly uri: string };
    readonly buttons: readonly { readonly type: string; readonly value: string }[];
  };
}

async function asked(of = purpose(), code: Parameters<typeof refuse>[0] = 'sign-in-needed'): Promise<Login> {
  const question = await signIn.question(of, refuse(code, 'c1'), click);
  if (question === null) throw new Error('nothing was asked');
  return question.body as Login;
}
const linkOf = ({ value }: Login): string => value.buttons[0]?.value ?? '';

const cookieOf = (answer: PageAnswer): string => (answer.headers['set-cookie'] ?? '').split(';')[0] ?? '';

async function visit(url: string, cookie?: string): Promise<PageAnswer> {
  const { pathname, searchParams } = new URL(url);
  const page = signIn.pages.find((one) => one.path === pathname);
  if (page === undefined) throw new Error(`no page ${pathname}`);
  return page.show(searchParams, cookie);
}

const entraUrl = (answer: PageAnswer): URL =>
  new URL((/class="button" href="([^"]+)"/.exec(String(answer.body))?.[1] ?? '').replaceAll('&amp;', '&'));

/** Opens the link of a question and signs in on Entra's page; returns what the browser then sees. */
async function signsIn(
  link: string,
  claims: Readonly<Record<string, unknown>> = {},
  cookie: string | null = null,
): Promise<PageAnswer> {
  const first = await visit(link);
  const to = entraUrl(first);
  const nonce = to.searchParams.get('nonce');
  entra.answer('token', 200, { id_token: await entra.token({ nonce, ...claims }) });
  const back = new URLSearchParams({ state: to.searchParams.get('state') ?? '', code: 'the-code' });
  return visit(`https://bot.example.com/sign-in/done?${back}`, cookie ?? cookieOf(first));
}

const presented = async (of = purpose()) => {
  const found = await signIn.presented(of, undefined);
  return found.kind === 'presented' ? found.signIn : found;
};

describe('the question', () => {
  it('is the login request of Universal Actions, with something to exchange and a page', async () => {
    const { value, ...rest } = await asked();
    expect(rest).toEqual({ statusCode: 401, type: 'application/vnd.microsoft.activity.loginRequest' });
    expect(value).toMatchObject({ connectionName: 'cmk-step-up', text: expect.stringMatching(/^Sign in first\./) });
    expect(value.tokenExchangeResource).toEqual({
      id: expect.stringMatching(/^[\w-]{43}$/),
      uri: `api://botid-${appId}`,
    });
    expect(value.buttons).toEqual([
      expect.objectContaining({
        type: 'signin',
        value: expect.stringMatching(/^https:\/\/bot\.example\.com\/sign-in/),
      }),
    ]);
  });

  it('exchanges nothing again after one that was too old, and is not asked where signing in would not help', async () => {
    expect((await asked(purpose(), 'sign-in-too-old')).value.tokenExchangeResource).toBeUndefined();
    for (const code of ['sign-in-other-person', 'own-request', 'stale-card'] as const)
      expect(await signIn.question(purpose(), refuse(code), click)).toBeNull();
  });
});

describe('a token that comes with the click', () => {
  const withToken = async (claims = {}, of = purpose(), asking = of) => {
    const { value } = await asked(asking);
    const token = await entra.token({ scp: 'access_as_user', ...claims });
    return signIn.presented(of, { id: value.tokenExchangeResource?.id ?? '', token });
  };

  it('answers one question, once, in its time, for its person, request and revision', async () => {
    const { value } = await asked();
    const authentication = {
      id: value.tokenExchangeResource?.id ?? '',
      token: await entra.token({ scp: 'access_as_user' }),
    };
    expect(await signIn.presented(purpose(), authentication)).toMatchObject({ signIn: { how: 'teams' } });
    expect(await signIn.presented(purpose(), authentication)).toEqual({ kind: 'presented', signIn: null });
    for (const other of [{ person: secondApprover }, { requestId: requestId(2) }, { asking: 3 }])
      expect(await withToken({}, purpose(other), purpose())).toEqual({ kind: 'presented', signIn: null });
    const late = await asked();
    clock.ms += minutes(11);
    const id = late.value.tokenExchangeResource?.id ?? '';
    const token = await entra.token({ scp: 'access_as_user' });
    expect(await signIn.presented(purpose(), { id, token })).toEqual({ kind: 'presented', signIn: null });
  });

  it('that proves nothing makes the client show its button, and leaves nothing of itself in the log', async () => {
    const token = await entra.token({ scp: 'access_as_user', aud: 'another' });
    const { value } = await asked();
    const found = await signIn.presented(purpose(), { id: value.tokenExchangeResource?.id ?? '', token });
    expect(found).toMatchObject({
      kind: 'answer',
      answer: { status: 200, body: { statusCode: 412, type: 'application/vnd.microsoft.error.preconditionFailed' } },
    });
    expect(logged.join('\n')).toMatch(/ERR_JWT_CLAIM_VALIDATION_FAILED aud/);
    for (const part of token.split('.')) expect(logged.join('\n') + documents.all()).not.toContain(part);
  });
});

describe('signing in in a browser', () => {
  it('says what for, escaped, without script, and sends the person to Entra with all that is asked for', async () => {
    const answer = await visit(linkOf(await asked()));
    expect(answer.body).toContain(`Sign in to approve ${id}`);
    expect(answer.body).toContain('&lt;b&gt;Requester&lt;/b&gt;');
    expect(answer.body).not.toContain('<script');
    expect(answer.headers).toMatchObject({
      'content-security-policy': expect.stringMatching(/default-src 'none'.*frame-ancestors 'none'/),
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'set-cookie': expect.stringMatching(/^__Host-cmk-sign-in=.*HttpOnly; SameSite=Lax; Secure$/),
    });
    const to = entraUrl(answer);
    expect(`${to.origin}${to.pathname}`).toBe(`${entra.host}/${tenant}/oauth2/v2.0/authorize`);
    expect(Object.fromEntries(to.searchParams)).toMatchObject({
      client_id: appId,
      response_type: 'code',
      redirect_uri: 'https://bot.example.com/sign-in/done',
      code_challenge_method: 'S256',
      prompt: 'login',
      claims: '{"id_token":{"acrs":{"essential":true,"value":"c1"},"auth_time":{"essential":true}}}',
    });
    for (const name of ['state', 'nonce', 'code_challenge']) expect(to.searchParams.get(name)).toMatch(/^[\w-]{43}$/);
  });

  it('sends the clicked card again, so that its sign-in button ends, and not after a sign-in that proved nothing', async () => {
    await signsIn(linkOf(await asked()), { oid: secondApprover });
    expect([redrawn, refused]).toEqual([[], ['sign-in-other-person']]);
    await signsIn(linkOf(await asked()));
    expect(redrawn).toEqual([`${id} 1 At night`]);
  });

  it('counts, with what was entered on the card, for this click alone, and until the approval is stored', async () => {
    await signsIn(linkOf(await asked()));
    expect(await signIn.entered(purpose())).toEqual(inputs);
    for (const other of [{ person: secondApprover }, { requestId: requestId(2) }, { asking: 3 }])
      expect([await presented(purpose(other)), await signIn.entered(purpose(other))]).toEqual([null, {}]);
    await signIn.settle(purpose());
    expect([await presented(), await signIn.entered(purpose())]).toEqual([null, {}]);
  });

  it.each([
    ['a session remembered for hours', { auth_time: noon / 1_000 - 7_200 }, /older than 10 minutes/],
    ['the token of another sign-in', { nonce: 'another' }, /The sign-in failed/],
  ])('%s proves nothing', async (_, claims, words) => {
    const answer = await signsIn(linkOf(await asked()), claims);
    expect([answer.status, answer.body]).toEqual([403, expect.stringMatching(words)]);
    expect(await presented()).toBeNull();
    expect(await presented(purpose({ person: secondApprover }))).toBeNull();
  });

  it('does not end in another browser than the one that showed what it is for', async () => {
    const link = linkOf(await asked());
    const others = await visit(linkOf(await asked(purpose({ person: secondApprover }))));
    for (const cookie of ['', '__Host-cmk-sign-in=x', cookieOf(others), 'cmk-sign-in=x; a=b']) {
      const answer = await signsIn(link, {}, cookie);
      expect([answer.status, answer.body]).toEqual([403, expect.stringMatching(/started in another browser/)]);
    }
    expect(await presented()).toBeNull();
  });

  it('ends once: its state is good for nothing afterwards', async () => {
    const first = await visit(linkOf(await asked()));
    const to = entraUrl(first).searchParams;
    entra.answer('token', 200, { id_token: await entra.token({ nonce: to.get('nonce') }) });
    const back = `https://bot.example.com/sign-in/done?code=x&state=${to.get('state')}`;
    const both = await Promise.all([visit(back, cookieOf(first)), visit(back, cookieOf(first))]);
    expect(both.map((answer) => answer.status).sort()).toEqual([200, 410]);
  });

  it('ends with the request’s question: later, unknown, or asked anew, a link leads nowhere', async () => {
    const link = linkOf(await asked());
    clock.ms += minutes(11);
    expect((await visit(link)).status).toBe(410);
    expect((await visit(linkOf(await asked(purpose({ asking: 3 }))))).status).toBe(410);
    expect((await visit(linkOf(await asked(purpose({ requestId: requestId(2) }))))).status).toBe(410);
  });

  it('leaves neither a link nor a code nor a token in what is stored and logged', async () => {
    const login = await asked();
    const link = linkOf(login);
    const first = await visit(link);
    const to = entraUrl(first).searchParams;
    const token = await entra.token({ nonce: to.get('nonce') });
    entra.answer('token', 200, { id_token: token });
    await visit(`https://bot.example.com/sign-in/done?code=the-code&state=${to.get('state')}`, cookieOf(first));
    const kept = documents.all() + logged.join('\n');
    const secrets = [new URL(link).searchParams.get('ask'), to.get('state'), cookieOf(first).split('=')[1], 'the-code'];
    for (const secret of [...secrets, ...token.split('.')]) expect(kept).not.toContain(secret);
  });
});
