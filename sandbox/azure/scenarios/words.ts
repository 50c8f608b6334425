/** One line for each scenario: name, list entry for people, and what it does in one sentence. */
const lines = `
grant-takes-10-minutes | A role assignment takes ten minutes | A new role assignment or access policy works only after 10 minutes.
operation-fails-agent-failed | Setting the key fails, old key stays | The next change of a key fails: the agent is Failed, with its old key.
operation-fails-key-kept | Setting the key fails, new key stays | The next change of a key fails: the agent is Failed, with the new key.
operation-never-ends | Setting the key never ends | A change of a key stays in progress until you turn this off.
operation-canceled | Setting the key is canceled | The next change of a key is canceled, and the agent shows Canceled.
agent-stays-accepted | The agent stays in the state Accepted | The next change of a key succeeds, but the agent stays Accepted.
accepted-then-lost | Azure accepts a change and loses it | Azure accepts the next change of a key, and then loses it.
200-without-the-property | Azure reports success, key unchanged | Azure answers changes of a key with 200, but the agent keeps its old key.
another-change-under-way | Another change is in progress | The next 3 changes of a key get 409: another change is in progress.
role-assignment-refused | Role assignment refused | Azure refuses role assignments by the bot: AuthorizationFailed.
agent-write-refused | Change of an agent refused | Azure refuses changes of agents by the bot: AuthorizationFailed.
grant-condition | The bot can assign only another role | The condition on the bot’s role permits it to assign only the role Reader.
deny-assignment | A deny assignment blocks changes | A deployment stack’s deny assignment blocks all changes of agents.
identity-not-known-yet | The new identity isn’t available yet | The next 3 role assignments fail: Entra ID doesn’t find the new identity yet.
role-assignment-limit | Limit of role assignments reached | The subscription has as many role assignments as Azure allows.
policy-denies | Azure Policy denies the key | A policy denies agents a key, and the error message names it.
policy-denies-in-details | Azure Policy denies, named in details | A policy denies agents a key, and only the error’s details name it.
everything-locked | Everything is locked | Read-only locks on all subscriptions block every change.
registration-missing | Resource provider not registered | Microsoft.HealthBot isn’t registered in any subscription.
type-not-offered | Azure doesn’t offer healthcare agents | Azure doesn’t offer agents in the API version that the bot uses.
vault-firewalled | Vaults are behind a firewall | The firewall of every vault blocks all callers: ForbiddenByFirewall.
vault-private | Vaults have no public access | No vault allows access from public networks: ForbiddenByConnection.
vault-refuses-the-bot | Vaults refuse the bot | Vaults refuse every call of the bot to their keys: ForbiddenByRbac.
vault-throttled | Vaults throttle the bot | The next 3 requests to vaults get 429 (too many requests).
agents-notice-lost-keys | Agents react to a lost key | An agent that can’t use its key becomes Failed. If off, it doesn’t.
agents-use-no-key | Agents don’t use their key | Agents don’t use the key that is set on them.
agents-used-keys-a-day-ago | Agents last used keys a day ago | The vault logs date every call of an agent 25 hours too early.
logs-take-10-minutes | Logs are ten minutes late | Entries of the vault logs and the Activity Log appear after 10 minutes.
logs-not-sent | Vaults send no logs | No vault has a diagnostic setting, so the workspace has no entries.
logs-begin-now | Logs start now | The workspace has no vault log entries from before now.
logs-refused | Reading the logs is refused | The bot can’t query the workspace: InsufficientAccessError.
logs-cut-short | The logs’ answer is incomplete | The workspace returns only a part of the answer: PartialError.
throttled | Azure throttles the bot | The next 3 requests get 429 (too many requests), with a wait of 4 seconds.
reset-after-apply | A change is made, its answer is lost | Azure makes the next change (PATCH), but its answer is lost.
poll-404-once | An operation isn’t found, once | The next check of an operation gets 404 (not found).
broken-json-once | An answer is cut off, once | The next answer about an agent is cut off in the middle.
proxy-page-once | A proxy answers, once | The next answer is an error page of a proxy (502).
slow-answers | Answers are slow | Every answer takes 3 seconds longer.
resource-graph-lags | Resource Graph is 5 minutes behind | Resource Graph, which provides the lists, is 5 minutes behind.
reads-lag | Reads are 10 seconds behind | Azure shows agents, vaults and role assignments as they were 10 seconds ago.
azure-is-down | Azure is down | Azure answers everything but sign-in with 503.
secret-expired | The bot’s secret has expired | The bot’s secret has expired (AADSTS7000222), and so have its tokens.
token-expired-once | A token has expired, once | The next request gets 401, because its token has expired.
directory-is-down | Microsoft Graph is down | Microsoft Graph, which provides people and groups, answers 503.
`;

export function wordsOf(wanted: string): { title: string; does: string } {
  const line = lines.split('\n').find((one) => one.startsWith(`${wanted} | `));
  const [, title = '', does = ''] = line?.split(' | ') ?? [];
  return { title, does };
}
