import fc from 'fast-check';
import { genesis, hashOf, verifyTexts } from '../../src/audit/verify.ts';
import { operatorActor } from '../../src/domain/request/events.ts';
import {
  approve,
  approver,
  cancel,
  checkRun,
  plan,
  reject,
  requestId,
  resourceId,
  submit,
} from '../support/builders/fixtures.ts';
import { verifyChain } from '../support/builders/sealed-record.ts';
import type { StoreProcess } from '../support/store/store-client.ts';
import { testDatabases } from '../support/store/store-databases.ts';

/** The record only grows. What the verifier finds in one that was changed: test/unit/audit/verify, record-attacks. */

const databases = testDatabases();

describe('the chain', () => {
  let store: StoreProcess;
  const id = requestId(1);
  const first = submit({ plan: plan(resourceId('bot-1')), justification: 'a reason of its own' });

  /** Two requests, four events; the second is approved with a comment. */
  beforeAll(async () => {
    store = await databases.start(await databases.fresh());
    await store.append(id, 'submit', first);
    await store.append(requestId(2), 'submit', submit({ plan: plan(resourceId('bot-2')) }));
    await store.append(requestId(2), 'click:approve', approve(approver, { comment: 'looks right' }));
  });

  const findings = async () =>
    verifyChain(await store.call('auditLog', 'lines', 0, 1000), await store.call('auditLog', 'head'));
  it.each([
    "update cmk.event set cause = 'other' where seq = 1",
    'delete from cmk.event where seq = 4',
    'truncate cmk.event',
    'delete from cmk.chain_head',
    'truncate cmk.chain_head',
  ])('refuses %s', async (statement) => {
    await expect(store.sql(statement)).rejects.toThrow('only grows');
    expect(await findings()).toEqual([]);
  });

  const row = (seq: string, prev: string, revision: number, body = '{}') =>
    `insert into cmk.event (seq, request_id, revision, cause, n, body, prev, hash, seal_key, seal) select ${seq}, '${id}',
      ${revision}, 'x', 9, '${body}', ${prev}, encode(sha256('{}'), 'hex'), 'x', 'x' from cmk.chain_head`;

  it.each([
    ['a row at a negative number', row('-1', 'hash', 2), 'does not follow'],
    ['a row in the past', row('seq', "'x'", 2), 'does not follow'],
    ['a row behind a gap', row('seq + 2', 'hash', 2), 'does not follow'],
    ['a row behind another hash', row('seq + 1', "'x'", 2), 'does not follow'],
    ['a row whose hash is not its own', row('seq + 1', 'hash', 2, '{"a":1}'), 'does not follow'],
    ['a row that is not the next of its request', row('seq + 1', 'hash', 7), 'is not the next'],
    ['a row without a seal', row('seq + 1', 'hash', 2).replace("'x', 'x' from", 'null, null from'), 'not-null'],
    ['the head moved alone', 'update cmk.chain_head set seq = 1', 'moves with the events alone'],
    ['another seal', "update cmk.event set seal = 'x' where seq = 1", 'only grows'],
    ['a seal taken away', 'update cmk.event set seal = null, seal_key = null where seq = 1', 'only grows'],
  ])('refuses %s', async (_what, statement, words) => {
    await expect(store.sql(statement)).rejects.toThrow(words);
    expect(await findings()).toEqual([]);
  });

  it('starts at the genesis hash and holds what was decided', async () => {
    const [line] = await store.call('auditLog', 'lines', 0, 1);
    expect(line).toMatchObject({ seq: 1, prev: genesis, request: id, revision: 1, cause: 'submit', n: 0 });
    expect(line?.hash).toBe(hashOf(line?.body ?? ''));
    expect(JSON.parse(line?.body ?? '')).toMatchObject({
      schema: 1,
      seq: 1,
      prev: genesis,
      type: 'submitted',
      actor: { kind: 'person', id: first.by },
      submittedBy: null,
      planDigest: first.digest,
      commitments: [{ field: 'justification', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) }],
    });
    expect(line?.body).not.toContain(first.justification);
  });

  it('reveals texts that fit their commitments, and says when one does not', async () => {
    const lines = await store.call('auditLog', 'linesOf', id);
    const texts = await store.call('auditLog', 'textsOf', [id]);
    expect(texts.map((text) => text.text)).toEqual([first.justification]);
    expect([...verifyTexts(lines, texts)]).toEqual([]);
    const changed = texts.map((text) => ({ ...text, text: 'another reason' }));
    expect([...verifyTexts(lines, changed)]).toMatchObject([{ seq: 1, kind: 'text-differs' }]);
  });

  it('erases texts and salts with the event that says so, and still verifies', async () => {
    expect(await store.erase(id, 'erase:1', approve(first.by))).toMatchObject({ code: 'own-request' });
    expect(await store.call('auditLog', 'textsOf', [id])).toHaveLength(1);
    const form = { form: { repeats: id, justification: first.justification } };
    const proof = `sign-in/proof/${id}/1/${approver}`;
    await store.call('documents', 'write', {
      ...{ 'form/1': form, 'form/2': { form: { repeats: requestId(2) } } },
      ...{ 'sign-in/ask/1': { purpose: { requestId: id }, inputs: { comment: 'a name' } }, [proof]: { inputs: {} } },
    });
    const erasing = { do: 'erase-texts', actor: operatorActor('duty'), reason: 'asked for' } as const;
    expect(await store.erase(id, 'erase:1', erasing)).toMatchObject({ kind: 'accepted', replay: false });
    expect(await store.erase(id, 'erase:1', erasing)).toMatchObject({ kind: 'accepted', replay: true });
    expect(await store.call('auditLog', 'textsOf', [id])).toEqual([]);
    expect(await store.call('auditLog', 'textsOf', [requestId(2)])).toHaveLength(2);
    const documents = await store.call('documents', 'read', ['form/1', 'form/2', 'sign-in/ask/1', proof]);
    expect(Object.keys(documents)).toEqual(['form/2']);
    expect((await store.call('requests', 'load', id))?.justification).toBeNull();
    expect((await store.call('requests', 'events', id))[0]?.texts).toEqual({ justification: null });
    expect(await findings()).toEqual([]);
  });

  it('verifies after any sequence of commands', async () => {
    const commands = { approve: approve(), reject: reject(approver, 'no'), cancel: cancel() };
    const names = fc.constantFrom('submit', 'check', ...(Object.keys(commands) as (keyof typeof commands)[]));
    const sequence = fc.array(fc.tuple(fc.integer({ min: 0, max: 2 }), names), { maxLength: 12 });
    let base = 100;
    const holds = async (steps: readonly (readonly [number, 'submit' | 'check' | keyof typeof commands])[]) => {
      base += 3;
      for (const [which, name] of steps) {
        const resource = resourceId(`bot-${base + which}`);
        const all = { ...commands, submit: submit({ plan: plan(resource) }), check: checkRun(resource) };
        await store.append(requestId(base + which), name, all[name]);
      }
      expect(await findings()).toEqual([]);
    };
    await fc.assert(fc.asyncProperty(sequence, holds), { numRuns: 20 });
  });
});
