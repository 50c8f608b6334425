/** A local Azure with many agents, and a token to ask it with. */
import { localBotPrincipal } from '../../src/local/bot-environment.ts';
import { localTenantId } from '../../src/local/people.ts';
import { http, type RunningAzure } from '../../test/support/local-azure.ts';

export const agentName = (n: number): string => `agent-${String(n).padStart(5, '0')}`;

/** Adds so many agents beside those that were seeded, each like `triage-agent-test`. */
export async function addAgents(azure: RunningAzure, count: number): Promise<void> {
  const { body: state } = await http(azure, 'GET', '/simulator/state');
  const like = state.agents.find(({ name }: { readonly name: string }) => name === 'triage-agent-test');
  const added = Array.from({ length: count }, (_, index) => ({ ...like, name: agentName(index + 1) }));
  const body = { ...state, agents: [...state.agents, ...added] };
  const put = await http(azure, 'PUT', '/simulator/state', { body });
  if (put.status !== 200) throw new Error(`${count} agents: ${put.status} ${JSON.stringify(put.body).slice(0, 300)}`);
}

/** As the bot gets one; good for Azure Resource Manager, Microsoft Graph and Log Analytics, which share an address here. */
export async function tokenFor(azure: RunningAzure): Promise<string> {
  const form = {
    grant_type: 'client_credentials',
    client_id: localBotPrincipal.id,
    client_secret: localBotPrincipal.secret,
    scope: `${azure.url}/.default`,
  };
  const body = new URLSearchParams(form).toString();
  const answer = await http(azure, 'POST', `/${localTenantId}/oauth2/v2.0/token`, { body });
  if (answer.status !== 200) throw new Error(`no token: ${JSON.stringify(answer.body)}`);
  return answer.body.access_token;
}
