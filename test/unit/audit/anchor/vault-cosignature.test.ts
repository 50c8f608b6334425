import { generateKeyPairSync, sign } from 'node:crypto';
import { VaultCosigner } from '../../../../src/audit/anchor/vault-cosignature.ts';
import type { CosignOutcome } from '../../../../src/audit/anchor/witnesses.ts';
import { checkpointText, noteOf, signText } from '../../../../src/audit/tlog/note.ts';
import { done } from '../../../../src/domain/failure.ts';
import { bookInMemory, logKey, logName } from '../../../support/audit/published-log.ts';
import { noon } from '../../../support/builders/plans.ts';

test('a new vault key is reported also while the database refuses to store it, and asked again until it is stored', async () => {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const publicKey = pair.publicKey.export({ format: 'der', type: 'spki' });
  const address = 'https://kv-care.vault.azure.net/keys/checkpoints';
  const book = bookInMemory();
  const database = { isReadOnly: true };
  const cosigner = new VaultCosigner({
    signer: {
      address,
      version: async () => done({ id: `${address}/1`, publicKey }),
      sign: async (_version, text) => done(sign('sha256', text, pair.privateKey)),
    },
    key: logKey,
    olderKeys: [],
    book: {
      of: book.of,
      keep: async (...answers) => {
        if (database.isReadOnly) throw new Error('read-only');
        await book.keep(...answers);
      },
    },
    now: () => noon,
  });
  const checkpoint = { origin: logName, size: 3, root: Buffer.alloc(32, 5) };
  const text = checkpointText(checkpoint);
  const published = { ...checkpoint, signedNote: noteOf(text, [signText(text, logKey)]) };
  const reported: CosignOutcome[] = [];
  const ask = () => cosigner.ask(published, (outcomes) => void reported.push(...outcomes));
  await expect(ask()).rejects.toThrow('read-only');
  expect(reported).toMatchObject([{ kind: 'signed', witness: address, size: 3 }]);
  expect([cosigner.linesOf(3), cosigner.isDue(3)]).toEqual([[], true]);
  database.isReadOnly = false;
  await ask();
  expect(cosigner.linesOf(3)).toHaveLength(1);
  expect(await cosigner.keys()).toMatchObject([{ kind: 'vault', publicKey }]);
});
