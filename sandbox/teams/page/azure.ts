/** The panel at the right: what the simulated Azure holds, what someone changes there, and what can go wrong in it. */
import { api, type Json, type Scenario, type ScenarioGroup } from './api.ts';
import { announce, clockTime, fill, make, shortDate } from './dom.ts';

/** Returns the vault of an address, by its port or host name. */
function vaultAt(state: Json, uri: string): Json | undefined {
  if (!URL.canParse(uri)) return undefined;
  const { hostname, port } = new URL(uri);
  return state.vaults?.find((vault: Json) => String(vault.port) === port || hostname.startsWith(`${vault.name}.`));
}

/** A heading, and the facts of one resource by their names. */
const facts = (title: string, rows: Readonly<Record<string, string>>) => [
  make('h2', {}, title),
  make(
    'dl',
    { class: 'kv' },
    ...Object.entries(rows).flatMap(([label, text]) => [make('dt', {}, label), make('dd', {}, text)]),
  ),
];

/** Returns the key that encrypts an agent's data. */
function keyText(state: Json, agent: Json) {
  const set = agent.content?.keyVaultProperties;
  if (!set) return 'Microsoft-managed key';
  const vault = vaultAt(state, set.keyVaultUri)?.name ?? set.keyVaultUri;
  return `${set.keyName} in ${vault}${set.keyVersion ? `, version ${set.keyVersion.slice(0, 8)}` : ''}`;
}

const agentFacts = (state: Json, agent: Json) =>
  facts(`Agent ${agent.name}`, {
    Key: keyText(state, agent),
    Identity: agent.content?.identity?.type ?? 'None',
    Provisioning: agent.lostKey ? 'Failed: it lost its key' : (agent.provisioningState ?? ''),
    Region: agent.location,
  });

function vaultFacts(vault: Json) {
  const isOpen = vault.networkAcls === null || vault.networkAcls?.defaultAction !== 'Deny';
  const onOff = (value: boolean) => (value ? 'on' : 'off');
  const days = vault.enableSoftDelete ? `, ${vault.softDeleteRetentionInDays} days` : '';
  return facts(`Vault ${vault.name}`, {
    'Purge protection': onOff(vault.enablePurgeProtection),
    'Soft delete': onOff(vault.enableSoftDelete) + days,
    Access: vault.enableRbacAuthorization ? 'role assignments' : 'access policies',
    Firewall: isOpen && vault.publicNetworkAccess === 'Enabled' ? 'open' : 'closed to the public',
  });
}

function keyFacts(state: Json, vault: Json, keyName: string, agent: Json) {
  const key = vault.keys?.find(({ name }: Json) => name === keyName);
  const version = key?.versions?.at(-1);
  if (version === undefined) return [];
  return facts(`Key ${key.name}`, {
    Version: `${version.version.slice(0, 8)}, ${version.enabled ? 'enabled' : 'disabled'}`,
    Type: `${version.kty} ${version.keySize ?? version.curve ?? ''}`,
    Expires: version.exp === null ? 'never' : shortDate(new Date(version.exp * 1000)),
    'Agent’s access': accessOf(state, vault, key.name, agent),
  });
}

/** Returns the permissions of the agent's identity on a key: names of its roles, or key permissions of its access policy. */
function accessOf(state: Json, vault: Json, keyName: string, agent: Json) {
  const principalId = agent.content?.identity?.principalId;
  if (!principalId) return 'none';
  if (!vault.enableRbacAuthorization) {
    const policy = vault.accessPolicies?.find((each: Json) => each.objectId === principalId);
    return policy === undefined ? 'none' : waiting(policy.permissions.keys.join(', '), policy.effectiveAt);
  }
  const keyScope = `/vaults/${vault.name}/keys/${keyName}`.toLowerCase();
  const vaultScope = `/vaults/${vault.name}`.toLowerCase();
  const granted = state.roleAssignments?.filter((assignment: Json) => {
    const scope = assignment.scope.toLowerCase();
    return assignment.principalId === principalId && (scope.endsWith(keyScope) || scope.endsWith(vaultScope));
  });
  const names = (granted ?? []).map((each: Json) => waiting(roleName(state, each.roleDefinitionId), each.effectiveAt));
  return names.length === 0 ? 'none' : names.join(', ');
}

const waiting = (text: string, effectiveAt: string) =>
  Date.parse(effectiveAt) > Date.now() ? `${text}, not in effect yet` : text;

function roleName(state: Json, id: string): string {
  const role = state.roleDefinitions?.find((each: Json) => each.id.endsWith(id));
  return (role?.roleName ?? id).replace(/^Key Vault /, '');
}

/** The agent that was changed last, or else the first. */
function lastChanged(agents: Json[]): Json | undefined {
  const changedAt = ({ systemData: { createdAt, lastModifiedAt } }: Json) =>
    createdAt === lastModifiedAt ? '' : lastModifiedAt;
  return agents.reduce<Json | undefined>(
    (last, agent) => (last === undefined || changedAt(agent) > changedAt(last) ? agent : last),
    undefined,
  );
}

const paces = [
  ['realistic', 'Realistic: a run takes 30 s'],
  ['instant', 'Instant: no waiting'],
] as const;

const misbehaves = 'Azure doesn’t behave as usual.';

/** Counts faults that don't belong to these scenarios. */
const othersOn = (faults: { id: string }[], scenarios: Scenario[]) =>
  faults.filter(({ id }) => !scenarios.some(({ name }) => id === name || id.startsWith(`${name} `))).length;

/** “Try what goes wrong”: latency, scenarios, and reset. */
class AzureTrials {
  scenarios: Scenario[] = [];
  state: Json = { faults: [], latency: '' };
  /** Number of pending changes. Until they end, earlier answers aren't shown. */
  acting = 0;
  switches = new Map<string, { input: HTMLInputElement; left: HTMLElement }>();
  on = 0;

  count = make('b');
  banner = make('div', { class: 'misbehaves', hidden: true });
  pace = make('select', { onchange: () => this.act(() => api.azureSetLatency(this.pace.value)) });
  list = make('div');
  problem = make('p', { class: 'problem', role: 'alert' });
  section = make('section', { class: 'trials', 'aria-labelledby': 'azure-trials' });
  changed: () => Promise<void>;

  /** `changed` is called after each change, to read the state of Azure again. */
  constructor(changed: () => Promise<void>) {
    this.changed = changed;
    const off = make('button', { type: 'button', class: 'link', onclick: () => this.allOff() }, 'Turn off');
    fill(this.banner, this.count, off, make('span', {}, misbehaves));
    const title = make('h2', { id: 'azure-trials' }, 'Try what goes wrong');
    const reset = make(
      'button',
      { type: 'button', class: 'plain', onclick: () => this.reset() },
      'Reset Azure to its first state',
    );
    fill(this.pace, ...paces.map(([value, words]) => make('option', { value }, words)));
    fill(this.section, title, make('label', { class: 'pace' }, 'Pace', this.pace), this.list, reset, this.problem);
  }

  reset() {
    const words =
      'Resets only the simulated Azure. The bot keeps its requests, and reports agents that it changed as not as approved. To start over, stop the sandbox and run: npm run local -- --reset';
    if (window.confirm(words)) void this.act(() => api.azureReset());
  }

  /** Makes a change, reports a failure, and reads the state again. */
  async act(work: () => Promise<unknown>) {
    this.problem.textContent = '';
    this.acting += 1;
    try {
      await work();
    } catch (error) {
      this.problem.textContent = `Nothing was changed. ${error instanceof Error ? error.message : ''}`;
      this.show();
    } finally {
      this.acting -= 1;
    }
    await this.changed();
  }

  allOff() {
    const switches = [...this.switches.values()].map(({ input }) => input);
    const next = switches.find(({ checked }) => checked) ?? switches[0];
    next?.closest('details')?.setAttribute('open', '');
    next?.focus();
    return this.act(() => api.azureTurnOff());
  }

  /** Reads the list of scenarios from the Azure simulator. */
  async prepare() {
    const groups = await api.azureScenarios();
    this.scenarios = groups.flatMap(({ scenarios }) => scenarios);
    if (this.switches.size === 0) fill(this.list, ...groups.map((group, index) => this.groupOf(group, index === 0)));
  }

  groupOf({ title, scenarios }: ScenarioGroup, isFirst: boolean) {
    const switches = scenarios.map((scenario) => make('li', {}, this.switchFor(scenario)));
    const list = make('ul', { class: 'switches' }, ...switches);
    const open = isFirst || scenarios.some(({ on }) => on);
    return make('details', { open }, make('summary', {}, title), list);
  }

  /** Shows the state. Without one: the last again, after a change failed. */
  show(state = this.state) {
    this.state = state;
    this.pace.value = state.latency;
    for (const { name, on, left } of this.scenarios) {
      const shown = this.switches.get(name);
      if (shown === undefined) continue;
      shown.input.checked = on;
      shown.left.textContent = left === null ? '' : ` ${left}\u00a0to\u00a0go.`;
    }
    this.warn(this.scenarios.filter(({ on }) => on).length + othersOn(this.state.faults, this.scenarios));
  }

  warn(on: number) {
    if (on === this.on) return;
    this.on = on;
    const count = on === 1 ? '1 scenario is on.' : `${on} scenarios are on.`;
    this.count.textContent = count;
    this.banner.hidden = on === 0;
    announce(on === 0 ? 'No scenario is on. Azure behaves as usual.' : `${count} ${misbehaves}`);
  }

  switchFor({ name, title: words, does }: Scenario) {
    const explained = `azure-scenario-${name}`;
    const turn = () => this.act(() => (input.checked ? api.azureTurnOn(name) : api.azureTurnOff(name)));
    const named = { 'aria-labelledby': `${explained}-title`, 'aria-describedby': explained };
    const input = make('input', { type: 'checkbox', role: 'switch', ...named, onchange: () => void turn() });
    const left = make('b');
    this.switches.set(name, { input, left });
    const title = make('span', { id: `${explained}-title` }, words);
    return make('label', {}, title, make('small', { id: explained }, does, left), input);
  }
}

const portalChanges = {
  'remove-key': 'Remove the key',
  'replace-key': 'Set another key',
  'disable-key': 'Disable the key',
  'delete-key': 'Delete the key',
  'expire-key': 'Let the key expire',
  'turn-off-identity': 'Turn off the identity',
  'remove-permission': 'Remove the permission',
};

/** “Someone changes it in the portal”: a button for each change of the agent that the panel shows. */
class PortalChanges {
  agent = '';
  text = make('p');
  buttons: HTMLButtonElement[];
  section = make('section', { class: 'portal', 'aria-labelledby': 'azure-portal' });

  constructor(act: (work: () => Promise<unknown>) => Promise<void>) {
    this.buttons = Object.entries(portalChanges).map(([change, words]) => {
      const onclick = () => act(() => api.azurePortal(this.agent, change));
      return make('button', { type: 'button', class: 'plain', onclick }, words);
    });
    const title = make('h2', { id: 'azure-portal' }, 'Someone changes it in the portal');
    fill(this.section, title, this.text, ...this.buttons);
  }

  show(agent: string, hasKey: boolean) {
    this.agent = agent;
    const about = 'The bot reports it within 10 seconds if it had set the key.';
    fill(this.text, hasKey ? `Changes ${agent} or its key. ${about}` : `${agent} has no customer-managed key.`);
    for (const button of this.buttons) button.hidden = !hasKey;
  }
}

const everyMs = 600;

/** Updates the panel with the Azure simulator's state. `toggle` opens the panel on narrow screens. */
export function azurePanel(panel: HTMLElement, toggle: HTMLElement, isThere: boolean) {
  toggle.hidden = !isThere;
  panel.hidden = !isThere;
  if (!isThere) return;
  const look = new AzureLook(panel);
  const open = (isOpen: boolean) => {
    panel.classList.toggle('open', isOpen);
    toggle.setAttribute('aria-expanded', String(isOpen));
    if (isOpen) void look.draw();
  };
  toggle.addEventListener('click', () => open(!panel.classList.contains('open')));
  panel.addEventListener('keydown', ({ key }) => {
    if (key !== 'Escape' || !panel.classList.contains('open')) return;
    open(false);
    toggle.focus();
  });
  const again = async () => {
    if (!document.hidden && panel.getClientRects().length > 0) await look.draw();
    setTimeout(again, everyMs);
  };
  void again();
}

class AzureLook {
  status = make('span', { class: 'live' });
  choice = make('select', { 'aria-label': 'Agent shown', onchange: () => this.drawAnew() });
  body = make('div', { class: 'azure-body' });
  trials = new AzureTrials(() => this.drawAnew());
  portal = new PortalChanges((work) => this.trials.act(work));
  /** The last revision: the state is read again only after a change. */
  seen = '';
  turn = 0;

  constructor(panel: HTMLElement) {
    const header = make('header', {}, make('strong', {}, 'Simulated Azure'), this.status);
    const { banner, section } = this.trials;
    fill(panel, header, banner, this.choice, this.body, this.portal.section, section);
  }

  drawAnew() {
    this.seen = '';
    return this.draw();
  }

  async draw() {
    const turn = ++this.turn;
    try {
      const { revision } = await api.azureRevision();
      if (turn !== this.turn) return;
      if (revision !== this.seen) await this.read(turn, revision);
      this.live(true);
    } catch {
      this.seen = '';
      this.live(false);
    }
  }

  live(isThere: boolean) {
    this.status.textContent = isThere ? `● now, ${clockTime(new Date().toISOString())}` : '○ not reachable';
    this.status.classList.toggle('away', !isThere);
  }

  async read(turn: number, revision: string) {
    const state = await api.azureState();
    await this.trials.prepare();
    // Otherwise a switch that was just turned would turn back for a moment.
    if (turn !== this.turn || this.trials.acting > 0) return;
    this.trials.show(state);
    this.seen = revision;
    const agents: Json[] = state.agents ?? [];
    if (this.choice.length !== agents.length + 1) {
      const names = agents.map(({ name }) => make('option', {}, name));
      fill(this.choice, make('option', { value: '' }, 'The agent changed last'), ...names);
    }
    const agent = agents.find(({ name }) => name === this.choice.value) ?? lastChanged(agents);
    fill(this.body, ...(agent === undefined ? [] : agentFacts(state, agent)));
    const set = agent?.content?.keyVaultProperties;
    const vault = set && vaultAt(state, set.keyVaultUri);
    if (vault) this.body.append(...vaultFacts(vault), ...keyFacts(state, vault, set.keyName, agent));
    this.portal.show(agent?.name ?? '', Boolean(set));
  }
}
