import { AnchorReader, AnchorUnusable } from '../../../../src/audit/anchor/read-anchor.ts';
import { readKeyLine } from '../../../../src/audit/tlog/keys.ts';
import { lineFrom } from '../../../../src/audit/verify.ts';
import { AuditLogVerifier } from '../../../../src/audit/verify-audit-log.ts';
import { misjudged } from '../../../support/audit/forged-logs.ts';
import { type Judge, pythonJudge, sizesIn } from '../../../support/audit/outside-judges.ts';

/** Each change of a log has to be found by the bot's verifier and by verify.py, which share no code. Go's: test/long/outside-judges. */

const ours: Judge = (logs, keys) =>
  Promise.all(
    logs.map(async (log) => {
      const known = keys.split('\n').flatMap((line) => {
        const key = readKeyLine(line);
        return typeof key === 'string' ? [] : key;
      });
      const source = { read: async (name: string) => log.get(name) ?? null, sizes: async () => sizesIn(log) };
      const reader = await AnchorReader.open(source, known).catch((error: unknown) => {
        if (error instanceof AnchorUnusable) return error.message;
        throw error;
      });
      if (typeof reader === 'string') return reader;
      const verifier = new AuditLogVerifier({ keys: null, bodiesOnly: true });
      for await (const body of reader.bodies()) verifier.event(lineFrom(body));
      const [first] = [...reader.findings, ...verifier.end(verifier.last).findings];
      if (first !== undefined) return `event ${first.seq}: ${first.kind}`;
      return reader.keysMissing > 0 ? 'a key of the log is missing' : 'ok';
    }),
  );

test.each([
  ['the bot’s verifier', ours],
  ['verify.py', pythonJudge],
])('every change of a log is found by %s, but for those that only a witness or a copy shows', async (_who, judge) => {
  expect(await misjudged(judge)).toEqual([]);
});
