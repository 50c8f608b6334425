#!/usr/bin/env bash
# After the resources are there: the database's roles, the keys of the seals and of the published log, and the image, each where it is missing. Database and
# vault take nobody from outside of the bot's network, so they are opened for this machine alone, and closed again at the end,
# however this ends. Safe to repeat: `azd hooks run postprovision`.
set -euo pipefail
root="$(cd "$(dirname "$0")/../.." && pwd)"
# shellcheck source=infra/common.sh
. "$root/infra/common.sh"
who='an Owner of the resource group has to'
need_az

opened=no
work=''
officer=''
vault_id=''
close() {
  if [ -n "$work" ]; then rm -rf "$work"; fi
  if [ -n "$officer" ]; then
    run az role assignment delete --assignee "$CMK_ADMIN_ID" --role 'Key Vault Secrets Officer' --scope "$vault_id" || true
  fi
  if [ "$opened" = yes ]; then
    run az resource delete --ids "$CMK_DATABASE_SERVER_ID/firewallRules/setup" --api-version 2024-08-01 || true
    run az keyvault network-rule remove --resource-group "$AZURE_RESOURCE_GROUP" --name "$CMK_VAULT" \
      --ip-address "$CMK_ADMIN_IP" --output none || true
  fi
}
trap close EXIT

open_for_here() {
  opened=yes
  # As a resource: what az calls the parts of its own command for it has changed between versions.
  run az resource create --id "$CMK_DATABASE_SERVER_ID/firewallRules/setup" --api-version 2024-08-01 \
    --properties "{\"startIpAddress\":\"$CMK_ADMIN_IP\",\"endIpAddress\":\"$CMK_ADMIN_IP\"}" --output none
  run az keyvault network-rule add --resource-group "$AZURE_RESOURCE_GROUP" --name "$CMK_VAULT" \
    --ip-address "$CMK_ADMIN_IP" --output none
}

database_roles() {
  say 'The database: the bot’s user and the owner of the tables.'
  PGPASSWORD="$(ask az account get-access-token --resource-type oss-rdbms --query accessToken --output tsv)"
  export PGPASSWORD
  run psql "host=$CMK_DATABASE_HOST dbname=postgres user=$CMK_ADMIN_NAME sslmode=verify-full sslrootcert=system" \
    --quiet --no-psqlrc -v ON_ERROR_STOP=1 -v "database=$CMK_DATABASE" \
    -v "bot=$CMK_BOT_IDENTITY" -v "bot_id=$CMK_BOT_PRINCIPAL_ID" \
    -v "owner=$CMK_OWNER_IDENTITY" -v "owner_id=$CMK_OWNER_PRINCIPAL_ID" -f "$root/infra/runtime-role.sql"
  unset PGPASSWORD
}

# A new right takes up to ten minutes to count.
keys_there() {
  local tries
  for tries in $(seq 1 40); do
    az keyvault secret list --vault-name "$CMK_VAULT" --query '[].name' --output tsv 2> /dev/null && return
    [ "$tries" = 1 ] && say 'waiting until the right counts …' >&2
    sleep "${CMK_WAIT:-15}"
  done
  return 1
}

secret_keys() {
  say 'The keys of the seals and of the published log: made once, and seen by nobody.'
  vault_id="$(ask az keyvault show --resource-group "$AZURE_RESOURCE_GROUP" --name "$CMK_VAULT" --query id --output tsv)"
  officer=yes
  run az role assignment create --assignee-object-id "$CMK_ADMIN_ID" --assignee-principal-type "${CMK_ADMIN_TYPE:-User}" \
    --role 'Key Vault Secrets Officer' --scope "$vault_id" --output none
  local there
  there="$(keys_there)" || stop "the vault $CMK_VAULT does not let you in: look at it, and run azd hooks run postprovision"
  local name
  for name in seal-key log-key; do
    if grep -qx "$name" <<< "$there"; then
      say "$name is there."
      continue
    fi
    work="$(mktemp -d)"
    (umask 077 && openssl rand -base64 32 > "$work/$name")
    run az keyvault secret set --vault-name "$CMK_VAULT" --name "$name" --file "$work/$name" --encoding utf-8 --output none
    rm -rf "$work"
    work=''
  done
}

image() {
  local tag
  say 'The image, built in the registry.'
  tag="cmk-bot:$(git -C "$root" rev-parse --short=12 HEAD)"
  run az acr build --registry "$CMK_REGISTRY" --image "$tag" --no-logs "$root"
  run azd env set CMK_IMAGE "$(ask az acr show --name "$CMK_REGISTRY" --query loginServer --output tsv)/$tag"
}

if [ -z "${CMK_IMAGE:-}" ]; then
  if [ -z "${CMK_ADMIN_IP:-}" ]; then
    stop 'CMK_ADMIN_IP is not set: azd env set CMK_ADMIN_IP ADDRESS, which is the address this machine has on the internet. Then azd up.'
  fi
  open_for_here
  database_roles
  secret_keys
  image
  say 'The ground is laid. The bot comes with the next azd provision, which azd up goes on with by itself.'
  exit 0
fi

say ''
say "The bot is at https://$CMK_HOST. What is left:"
say '  1  Microsoft Graph, by a Privileged Role Administrator:'
say "       bash infra/grant-graph.sh $CMK_BOT_PRINCIPAL_ID"
if [ "${CMK_ASSIGN_ROLES:-true}" != true ]; then
  say '  2  Azure, by an Owner of each subscription or resource group:'
  say "       bash infra/grant-azure.sh $CMK_BOT_PRINCIPAL_ID SCOPE…"
fi
say '  3  The app package, by a Teams Administrator:'
say "       MicrosoftAppId=$CMK_BOT_CLIENT_ID CMK_PUBLIC_HOST=$CMK_HOST npm run package"
say '       then Teams admin center, Teams apps, Manage apps, Upload new app: dist/cmk-bot.zip'
say '  4  Once the bot has started: take the owner of the tables away from it.'
say '       azd env set CMK_MIGRATE false && azd provision'
say '  5  Last of all: lock the container that the record is published in. THIS CANNOT BE UNDONE.'
say "       az storage container immutability-policy lock --resource-group $AZURE_RESOURCE_GROUP --account-name $CMK_ANCHOR_ACCOUNT --container-name $CMK_ANCHOR_CONTAINER \\"
say "         --if-match \"\$(az storage container immutability-policy show --resource-group $AZURE_RESOURCE_GROUP --account-name $CMK_ANCHOR_ACCOUNT --container-name $CMK_ANCHOR_CONTAINER --query etag -o tsv)\""
say 'docs/install-in-teams.md has the whole way, and what each step should print.'
