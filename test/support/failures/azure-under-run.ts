/** What a row of the catalogue does to the Azure that its request is run against: as a tester, as the owner, as whoever else. */

import type { AzureState, Change } from '../azure/azure-state.ts';
import { changeState, http, type RunningAzure } from '../azure/local-azure.ts';
import { clientsOf } from '../azure/local-azure-clients.ts';
import { owner } from '../azure/local-azure-names.ts';
import type { Fault } from '../world/story.ts';

export type AzureUnderRun = ReturnType<typeof azureUnderRun>;

const accepted = async (answer: Promise<{ readonly status: number; readonly body: unknown }>): Promise<void> => {
  const { status, body } = await answer;
  if (status >= 300) throw new Error(`${status} ${JSON.stringify(body)}`);
};

export function azureUnderRun(running: RunningAzure) {
  const clients = clientsOf(running, owner);
  const state = async (): Promise<AzureState> => (await http(running, 'GET', '/simulator/state')).body;
  return {
    running,
    turnOn: (...names: readonly string[]) =>
      accepted(http(running, 'POST', '/simulator/scenarios', { body: { names } })),
    allOff: () => accepted(http(running, 'DELETE', '/simulator/scenarios')),
    fault: (...faults: readonly Fault[]) => accepted(http(running, 'POST', '/simulator/faults', { body: faults })),
    change: (...changes: readonly Change[]) =>
      changeState(running, (now) => {
        for (const change of changes) change(now);
      }),
    state,
    /** Azure's official clients, as the owner of everything signs in with them. */
    owner: clients,
    /** The same without a client: `PUT` of what no client in use here writes. */
    async asOwner(method: string, path: string, body?: unknown): Promise<void> {
      const headers = { authorization: `Bearer ${await clients.token()}` };
      await accepted(http(running, method, path, { headers, ...(body === undefined ? {} : { body }) }));
    },
    /** The address of a vault's own, where its data is. */
    async vaultAddress(name: string): Promise<string> {
      const vault = (await state()).vaults.find((one) => one.name === name);
      return `https://localhost:${vault?.port}/`;
    },
  };
}
