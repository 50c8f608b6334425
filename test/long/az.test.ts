import { generateKeyPairSync } from 'node:crypto';
import { AzClient, type AzOutcome } from '../support/az-client.ts';
import { type AzCommand, azCommands } from '../support/az-commands.ts';
import type { AzureState } from '../support/azure-state.ts';
import { changeState, discard, startAzure } from '../support/local-azure.ts';
import { bot } from '../support/local-azure-names.ts';
import { table } from '../support/table.ts';

/** Azure's own command line client, which knows nothing of this server, does what an operator would do with it. */

const asReal = ({ ends, says }: AzCommand, { endedWell, printed, said }: AzOutcome): boolean =>
  endedWell === (ends === 'well') && says.test(endedWell ? printed : said);

const policy = JSON.stringify({
  lifetimeActions: [{ trigger: { timeAfterCreate: 'P90D' }, action: { type: 'Rotate' } }],
  attributes: { expiryTime: 'P2Y' },
});

/** Files that lines name. */
const prepare = (az: AzClient): void => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  az.file('import.pem', privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  az.file('policy.json', policy);
};

/** What one command prints and a later one needs. */
const keep = (az: AzClient, { line }: AzCommand, { printed }: AzOutcome): void => {
  const encrypted = / key encrypt /.test(line) ? /"result": "([^"]+)"/.exec(printed)?.[1] : undefined;
  if (encrypted !== undefined) az.fill({ encrypted });
  const signature = / key sign /.test(line) ? /"signature": "([^"]+)"/.exec(printed)?.[1] : undefined;
  if (signature !== undefined) az.fill({ signature });
};

test('az does what it does with the real Azure, except for the commands that are known not to', async () => {
  const program = process.env.CMK_AZ;
  if (!program) {
    process.stdout.write('not run: it needs az, whose place CMK_AZ names (docs/local-azure.md)\n');
    return;
  }
  const azure = await startAzure();
  try {
    const az = new AzClient(program, azure);
    await az.signIn();
    prepare(az);
    const unexpected: string[] = [];
    const rows: string[][] = [];
    for (const [area, commands] of Object.entries(azCommands)) {
      let real = 0;
      for (const command of commands) {
        const outcome = await az.run(command.line);
        keep(az, command, outcome);
        const good = asReal(command, outcome);
        if (good) real += 1;
        if (good !== (command.unlike === undefined)) {
          unexpected.push(
            `${command.line}: ${(outcome.endedWell ? outcome.printed : outcome.said).trim().slice(0, 400)}`,
          );
        }
      }
      rows.push([area, String(commands.length), String(real), String(commands.length - real)]);
    }
    process.stdout.write(`${table('az against the local Azure', ['area', 'commands', 'as real', 'unlike'], rows)}\n`);
    expect(unexpected).toEqual([]);
  } finally {
    await discard(azure);
  }
}, 3_600_000);

test('infra/grant-graph.sh gives what is missing by az, reads it back, and then finds nothing to do', async () => {
  const program = process.env.CMK_AZ;
  if (!program)
    return void process.stdout.write('not run: it needs az, whose place CMK_AZ names (docs/local-azure.md)\n');
  const azure = await startAzure();
  try {
    await changeState(azure, (state: AzureState) => {
      for (const one of state.principals) if (one.id === bot.id) one.graphPermissions = ['User.Read.All'];
    });
    const az = new AzClient(program, azure);
    await az.signIn();
    const shown = await az.script('infra/grant-graph.sh', 'CMK bot');
    expect([shown.said, shown.printed]).toEqual(['', expect.stringContaining('GroupMember.Read.All is missing.')]);
    expect(shown.printed).toContain('Nothing was changed. --yes does it.');
    const done = await az.script('infra/grant-graph.sh', '--yes', 'CMK bot');
    expect([done.said, done.printed]).toEqual(['', expect.stringContaining('read back')]);
    const again = await az.script('infra/grant-graph.sh', '--yes', bot.id);
    expect([again.said, again.printed]).toEqual(['', expect.stringContaining('Nothing to do.')]);
  } finally {
    await discard(azure);
  }
}, 600_000);
