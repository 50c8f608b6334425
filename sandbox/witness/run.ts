/** Runs a witness as its own process: `run.ts FOLDER`. Prints `witness ADDRESS KEY` when it listens. */
import { KeyFileInvalid, openOwnKeys } from '../../src/audit/key-file.ts';
import { keyLine, signingKey } from '../../src/audit/tlog/keys.ts';
import { startWitness } from '../../src/audit/witness/server.ts';
import { WitnessState } from '../../src/audit/witness/state.ts';
import { lockFolder } from '../../src/store/folder-lock.ts';
import { witnessKeyUse } from '../../src/text/record.ts';

const [folder = ''] = process.argv.slice(2);
const keys = await openOwnKeys(`${folder}/witness.key`, witnessKeyUse);
const seed = keys.at(-1);
if (seed === undefined) throw new KeyFileInvalid(`${folder}/witness.key holds no key`);
const state = await WitnessState.open(folder);
const lock = await lockFolder(folder, `${folder}/logs`);
const key = signingKey('localhost/witness', 'witness', seed);
const witness = await startWitness({
  state,
  check: lock.check,
  key,
  now: () => new Date(),
  port: 0,
  listen: '127.0.0.1',
  onRefused: (verdict, origin) => console.error(`refused, ${verdict}: ${origin}`),
});
console.log(`witness ${witness.url} ${keyLine(key.verifier)}`);
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(
    signal,
    () =>
      void witness
        .stop()
        .then(lock.release)
        .then(() => process.exit(0)),
  );
}
