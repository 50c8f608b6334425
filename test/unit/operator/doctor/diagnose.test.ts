import { diagnoseDatabase } from '../../../../src/operator/doctor/database.ts';
import { diagnose, runPart } from '../../../../src/operator/doctor/diagnose.ts';
import type { Diagnosis, DiagnosisCode } from '../../../../src/operator/doctor/diagnosis.ts';
import { about, fail, ok, unknown, warn } from '../../../../src/operator/doctor/subjects.ts';

const outcomesOf = (found: readonly Diagnosis[]) => found.map(({ code, outcome }) => `${code} ${outcome}`);

describe('--only', () => {
  const codes: readonly DiagnosisCode[] = ['teams/endpoint', 'teams/channels', 'teams/bot'];
  const never = new Promise<never>(() => undefined);
  const lost = new Error('Connection terminated unexpectedly');

  test.each<[string, () => Promise<readonly Diagnosis[]>, string]>([
    ['throws', () => Promise.reject(lost), lost.message],
    ['doesn’t answer', () => never, 'no answer within 0.01 seconds'],
  ])('names the wanted check if the part of it %s', async (_, look, found) => {
    expect(await runPart({ codes, look }, null, ['record/seals', 'teams/channels'], 10)).toMatchObject([
      { code: 'teams/channels', outcome: 'unknown', found },
    ]);
    expect(await runPart({ codes, look }, null, [], 10)).toMatchObject([{ code: 'teams/endpoint', found }]);
  });

  test('shows what explains a missing finding, and no other one', async () => {
    const all = [
      fail(about('teams/endpoint', 'Teams'), 'no answer', 'Check the network.'),
      unknown(about('teams/channels', 'audit channel'), 'not checked', 'See teams/endpoint.'),
    ];
    const look = async () => all;
    expect(outcomesOf(await runPart({ codes, look }, null, ['teams/bot']))).toEqual([
      'teams/endpoint fail',
      'teams/channels unknown',
    ]);
    expect(outcomesOf(await runPart({ codes, look }, null, ['teams/channels']))).toEqual(['teams/channels unknown']);
    const others = async () => [
      ok(about('teams/endpoint', 'Teams'), 'answers'),
      warn(about('teams/bot', 'bot'), 'old', 'Renew it.'),
      fail(about('teams/bot', 'bot'), 'no sign-in', 'Sign in.'),
    ];
    expect(await runPart({ codes, look: others }, null, ['teams/channels'])).toEqual([]);
    expect(await runPart({ codes, look: others }, null, ['record/seals'])).toEqual([]);
  });

  test.each<DiagnosisCode>(['db/writes', 'db/role'])('%s reports that the database is lost', async (code) => {
    const subjects = { database: { kind: 'postgres', pool: { query: () => Promise.reject(lost) } } } as never;
    const part = { codes: ['db/answers', 'db/role', 'db/writes'] as const, look: diagnoseDatabase };
    expect(outcomesOf(await runPart(part, subjects, [code]))).toEqual(['db/answers fail']);
  });

  test('reports an unreadable CA file, and not other settings', async () => {
    const [at, caFile] = ['https://azure.example', '/nowhere/ca.pem'];
    const cloud = { name: 'custom', armEndpoint: at, graphEndpoint: at, authorityHost: at, caFile };
    const config = { azure: { cloud } } as never;
    const look = { only: ['teams/channels' as const] };
    expect(await diagnose(config, null, look)).toMatchObject([
      { code: 'azure/sign-in', outcome: 'fail', found: expect.stringContaining(caFile) },
    ]);
  });
});
