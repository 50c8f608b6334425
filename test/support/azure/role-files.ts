/** The role definitions that operators give to the bot, as `az role definition create` takes them. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';

const infra = new URL('../../../infra/', import.meta.url);

const RoleFile = z.strictObject({
  Name: z.string(),
  IsCustom: z.literal(true),
  Description: z.string(),
  Actions: z.array(z.string()),
  NotActions: z.array(z.string()).length(0),
  DataActions: z.array(z.string()),
  NotDataActions: z.array(z.string()).length(0),
  AssignableScopes: z.array(z.string().startsWith('/subscriptions/')).min(1),
});

const read = (name: string): string => readFileSync(new URL(name, infra), 'utf8');

export const role = (name: string) => RoleFile.parse(JSON.parse(read(name)));
export const mainRole = role('custom-role.json');
export const grantsRole = role('custom-role-grants.json');
export const roleFiles = [mainRole, grantsRole];

/** Given on a workspace alone, where there is one to look into. */
export const logsRole = role('custom-role-logs.json');

/** Given on one container, where the log is published in one. */
export const publishingRole = role('custom-role-publishing.json');

/** The condition under which the second of them is to be assigned. */
export const grantCondition = read('grant-condition.txt');
