/** The Azure Policy definitions of `infra/guard`, which refuse changes of keys that go around the bot. */
import denyDelete from '../../../infra/guard/deny-delete.json' with { type: 'json' };
import denyForeignVault from '../../../infra/guard/deny-foreign-vault.json' with { type: 'json' };
import denyStrip from '../../../infra/guard/deny-strip.json' with { type: 'json' };

/** By what each refuses. `list`: the parameter with the resources it is for; null: for every agent. */
export const guardDefinitions = {
  stripping: { ...denyStrip, list: 'agents' },
  anotherKey: { ...denyForeignVault, list: null },
  deletion: { ...denyDelete, list: 'resources' },
} as const;
export type GuardDefinition = keyof typeof guardDefinitions;

export const guardNames: readonly string[] = Object.values(guardDefinitions).map(({ name }) => name);
