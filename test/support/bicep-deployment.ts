/** What a Bicep file and its modules would have Azure make, as far as that can be said without Azure. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type Declaration, type Expression, readBicep } from './bicep.ts';
import { evaluated, isList, type Scope, type Value, within } from './bicep-values.ts';

type Fields = Readonly<Record<string, Value>>;

export interface Made {
  readonly type: string;
  readonly version: string;
  /** Those of its parents before its own. */
  readonly name: string;
  readonly body: Fields;
  readonly subscription: string;
  readonly file: string;
  readonly symbol: string;
}

export interface Deployed {
  readonly made: readonly Made[];
  readonly outputs: Fields;
}

/** What Azure would tell of a resource that is not in what was sent. */
const told: Readonly<Record<string, (name: string) => Fields>> = {
  'Microsoft.ManagedIdentity/userAssignedIdentities': (name) => ({
    clientId: name.includes('owner') ? '70000000-0000-4000-8000-0000000000c2' : '70000000-0000-4000-8000-0000000000c1',
    principalId: name.includes('owner')
      ? '50000000-0000-4000-8000-0000000000b2'
      : '50000000-0000-4000-8000-0000000000b1',
  }),
  'Microsoft.DBforPostgreSQL/flexibleServers': (name) => ({
    fullyQualifiedDomainName: `${name}.postgres.database.azure.com`,
  }),
  'Microsoft.Storage/storageAccounts': (name) => ({
    primaryEndpoints: { blob: `https://${name}.blob.core.windows.net/` },
  }),
  'Microsoft.KeyVault/vaults': (name) => ({ vaultUri: `https://${name}.vault.azure.net/` }),
  'Microsoft.OperationalInsights/workspaces': () => ({ customerId: 'a0000000-0000-4000-8000-0000000000c9' }),
  'Microsoft.ContainerRegistry/registries': (name) => ({ loginServer: `${name}.azurecr.io` }),
  'Microsoft.App/managedEnvironments': () => ({ defaultDomain: 'brave-sky-1a2b3c4d.westeurope.azurecontainerapps.io' }),
  'Microsoft.App/managedEnvironments/httpRouteConfigs': (name) => ({
    fqdn: `${name}.brave-sky-1a2b3c4d.westeurope.azurecontainerapps.io`,
  }),
};

const fieldsOf = (value: Value | undefined): Fields =>
  typeof value === 'object' && value !== null && !isList(value) ? value : {};

function withIds(id: string, subnets: Value | undefined): Fields {
  if (!isList(subnets)) return {};
  return { subnets: subnets.map((one) => ({ ...fieldsOf(one), id: `${id}/subnets/${String(fieldsOf(one).name)}` })) };
}

class Deployment {
  readonly made: Made[] = [];
  private readonly file: string;
  private readonly declarations: readonly Declaration[];
  private readonly parameters: Fields;
  private readonly subscription: string;
  private readonly known = new Map<string, Value>();

  constructor(file: string, parameters: Fields, subscription: string) {
    this.file = file;
    this.parameters = parameters;
    this.subscription = subscription;
    this.declarations = readBicep(readFileSync(file, 'utf8'));
    const names = this.declarations.filter(({ what }) => what === 'param').map(({ name }) => name);
    const unknown = Object.keys(parameters).filter((name) => !names.includes(name));
    if (unknown.length > 0) throw new Error(`${file} has no parameter ${unknown.join(', ')}`);
  }

  deploy(): Deployed {
    for (const one of this.declarations) if (one.what !== 'output' && one.what !== 'targetScope') this.value(one);
    const outputs = this.declarations
      .filter(({ what }) => what === 'output')
      .map(({ name, value }) => [name, value === null ? null : evaluated(value, this.scope())] as const);
    return { made: this.made, outputs: Object.fromEntries(outputs) };
  }

  private scope(): Scope {
    const names = this.declarations
      .filter(({ what }) => what !== 'output' && what !== 'targetScope')
      .map((one) => [one.name, () => this.value(one)] as const);
    return { folder: path.dirname(this.file), names: new Map(names), subscription: this.subscription };
  }

  /** Each once, whoever asks first. */
  private value(one: Declaration): Value {
    const before = this.known.get(one.name);
    if (before !== undefined) return before;
    const value = this.find(one);
    this.known.set(one.name, value);
    return value;
  }

  private find(one: Declaration): Value {
    const { what, name, value } = one;
    if (what === 'param') {
      const given = this.parameters[name];
      if (given !== undefined) return given;
      if (value === null) throw new Error(`${this.file}: ${name} was not given`);
    }
    if (value === null) throw new Error(`${this.file}: ${name} is nothing`);
    if (what !== 'resource' && what !== 'module') return evaluated(value, this.scope());
    return this.body(one, value, this.scope());
  }

  /** Every turn of a loop; nothing where a condition does not hold. */
  private body(one: Declaration, value: Expression, scope: Scope): Value {
    if (value.kind === 'for') {
      const items = evaluated(value.list, scope);
      if (!isList(items)) throw new Error(`${one.name} goes through no list`);
      return items.map((item) => this.body(one, value.body, within(scope, value.item, item)));
    }
    if (value.kind === 'if') {
      return evaluated(value.condition, scope) === true ? this.body(one, value.body, scope) : null;
    }
    const body = fieldsOf(evaluated(value, scope));
    return one.what === 'module' ? this.module(one, body) : this.resource(one, body);
  }

  private module({ of }: Declaration, body: Fields): Value {
    const file = path.join(path.dirname(this.file), of);
    const { subscriptionId } = fieldsOf(body.scope);
    const subscription = typeof subscriptionId === 'string' ? subscriptionId : this.subscription;
    const { made, outputs } = new Deployment(file, fieldsOf(body.params), subscription).deploy();
    this.made.push(...made);
    return { outputs };
  }

  private resource({ of, name: symbol, isExisting }: Declaration, body: Fields): Value {
    const [type = '', version = ''] = of.split('@');
    const parent = fieldsOf(body.parent).fullName;
    const own = String(body.name);
    const fullName = typeof parent === 'string' ? `${parent}/${own}` : own;
    const id = `/subscriptions/${this.subscription}/resourceGroups/rg/providers/${type}/${fullName}`;
    const { parent: _parent, scope: _scope, dependsOn: _dependsOn, ...sent } = body;
    const place = { subscription: this.subscription, file: path.basename(this.file), symbol };
    if (!isExisting) this.made.push({ type, version, name: fullName, body: sent, ...place });
    const properties = fieldsOf(body.properties);
    const more = { ...told[type]?.(own), ...withIds(id, properties.subnets) };
    return { ...sent, id, name: own, fullName, properties: { ...properties, ...more } };
  }
}

export const deployed = (file: string, parameters: Fields, subscription: string): Deployed =>
  new Deployment(file, parameters, subscription).deploy();
