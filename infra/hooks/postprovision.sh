#!/usr/bin/env bash
# Runs after a deployment. Creates what is missing: the database and its users, keys of the audit log, other secrets, and the image.
# Database and vault accept no traffic from outside the bot's network. This script opens both for this machine's address,
# and closes them at its end, also after a failure. You can repeat it: `azd hooks run postprovision`.
set -euo pipefail
root="$(cd "$(dirname "$0")/../.." && pwd)"
# shellcheck source=infra/common.sh
. "$root/infra/common.sh"
who='an Owner of the resource group has to'
need_az
need_same_subscription
[ -n "${CMK_DEPLOYMENT:-}" ] || stop 'This environment has no outputs of a deployment, or only those of an older version: azd provision'
# For the hook before the next deployment, if one began here: azd env refresh stores what another machine deployed.
case "${CMK_KNOWN_DEPLOYMENT:-}" in none | began:*) run azd env set CMK_KNOWN_DEPLOYMENT "$CMK_DEPLOYMENT" ;; esac

opened=no
work=''
officer=''
vault_id=''
left_open=()
undo() { run "$@" || left_open+=("$(show "$@")"); }
# Also takes away what an earlier run left. With the seal key, the audit log can be changed unnoticed, so a failure here counts.
close() {
  local code=$?
  if [ -n "$work" ]; then rm -rf "$work"; fi
  if [ -n "$officer" ]; then
    undo az role assignment delete --assignee "$CMK_ADMIN_ID" --role 'Key Vault Secrets Officer' --scope "$vault_id"
  fi
  if [ "$opened" = yes ]; then
    undo az resource delete --ids "$CMK_DATABASE_SERVER_ID/firewallRules/setup" --api-version 2025-08-01
    undo az keyvault network-rule remove --resource-group "$AZURE_RESOURCE_GROUP" --name "$CMK_VAULT" \
      --ip-address "$CMK_ADMIN_IP" --output none
  fi
  if [ "${#left_open[@]}" -gt 0 ]; then
    say 'Not closed: this machine or your account could still have access to the keys or the database. Run:' >&2
    printf '%s\n' "${left_open[@]#+ }" >&2
    [ "$code" != 0 ] || code=1
  fi
  exit "$code"
}
trap close EXIT

open_for_here() {
  opened=yes
  # Uses `az resource`, because the names of az's own command changed between versions.
  run az resource create --id "$CMK_DATABASE_SERVER_ID/firewallRules/setup" --api-version 2025-08-01 \
    --properties "{\"startIpAddress\":\"$CMK_ADMIN_IP\",\"endIpAddress\":\"$CMK_ADMIN_IP\"}" --output none
  run az keyvault network-rule add --resource-group "$AZURE_RESOURCE_GROUP" --name "$CMK_VAULT" \
    --ip-address "$CMK_ADMIN_IP" --output none
}

# Uses variables, because a name can have spaces. Before version 16, psql can't use the system's certificates automatically.
database_roles() {
  local version certificates=system
  say 'The database, and its users: the bot and the owner of the tables.'
  version="$(psql --version | sed 's/^[^0-9]*\([0-9]*\).*/\1/')"
  if [ "$version" -lt 16 ]; then
    for certificates in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/cert.pem; do
      [ ! -r "$certificates" ] || break
    done
    [ -r "$certificates" ] || stop "psql $version needs a file with certificate authorities, and there is none in the usual places: install psql 16 or later."
  fi
  PGPASSWORD="$(ask az account get-access-token --resource-type oss-rdbms --query accessToken --output tsv)"
  export PGPASSWORD
  PGHOST="$CMK_DATABASE_HOST" PGDATABASE=postgres PGUSER="$CMK_ADMIN_NAME" PGSSLMODE=verify-full PGSSLROOTCERT="$certificates" \
    run psql --quiet --no-psqlrc -v ON_ERROR_STOP=1 -v "database=$CMK_DATABASE" \
    -v "bot=$CMK_BOT_IDENTITY" -v "bot_id=$CMK_BOT_PRINCIPAL_ID" \
    -v "owner=$CMK_OWNER_IDENTITY" -v "owner_id=$CMK_OWNER_PRINCIPAL_ID" -f "$root/infra/runtime-role.sql"
  unset PGPASSWORD
}

# A new role assignment can take ten minutes.
stored_secrets() {
  local attempt
  for attempt in $(seq 1 40); do
    az keyvault secret list --vault-name "$CMK_VAULT" --query '[].name' --output tsv 2> /dev/null && return
    [ "$attempt" = 1 ] && say 'Waiting for the role assignment …' >&2
    sleep "${CMK_WAIT:-15}"
  done
  return 1
}

open_vault() {
  vault_id="$(ask az keyvault show --resource-group "$AZURE_RESOURCE_GROUP" --name "$CMK_VAULT" --query id --output tsv)"
  officer=yes
  run az role assignment create --assignee-object-id "$CMK_ADMIN_ID" --assignee-principal-type "${CMK_ADMIN_TYPE:-User}" \
    --role 'Key Vault Secrets Officer' --scope "$vault_id" --output none
  stored="$(stored_secrets)" || stop "The vault $CMK_VAULT does not accept this machine: check its network rules and your roles, then run azd hooks run postprovision."
}

# Stores standard input as a secret, and never shows it.
store() {
  work="$(mktemp -d)"
  (umask 077 && cat > "$work/$1")
  run az keyvault secret set --vault-name "$CMK_VAULT" --name "$1" --file "$work/$1" --encoding utf-8 --output none
  rm -rf "$work"
  work=''
}

audit_log_keys() {
  local name
  say 'The keys of the audit log: created once, and shown to no one.'
  for name in seal-key log-key; do
    if grep -qx "$name" <<< "$stored"; then
      say "$name exists."
    else
      openssl rand -base64 32 | store "$name"
    fi
  done
}

# Moves settings whose value is a secret from azd's environment to the vault.
settings_to_vault() {
  local setting name was settings="${CMK_VAULT_SETTINGS:-}"
  for setting in "${secret_settings[@]}"; do
    [ -n "${!setting:-}" ] || continue
    name="$(tr 'A-Z_' 'a-z-' <<< "$setting")"
    # With an exported secret, both deployments of `azd up` come here. A secret that can't be read, such as a disabled one, is replaced.
    was=''
    if grep -qx "$name" <<< "$stored"; then
      was="$(az keyvault secret show --vault-name "$CMK_VAULT" --name "$name" --query value --output tsv 2> /dev/null)" || was=''
    fi
    if [ "$was" != "${!setting}" ]; then printf '%s' "${!setting}" | store "$name"; fi
    # azd's values hide exported ones, even if they're empty. So an exported secret leaves none behind.
    if azd env get-value "$setting" > /dev/null 2>&1; then run azd env set "$setting" ''; fi
    case ",$settings," in
      *",$setting,"*)
        if [ "$was" = "${!setting}" ]; then
          say "The vault already has this $setting."
        else
          say "Container Apps restarts the bot with the new $setting within 30 minutes. Until then it uses the old one, also in a check by the doctor: do not delete the old one before."
        fi
        ;;
      *)
        settings="${settings:+$settings,}$setting"
        say "The next azd provision gives the bot $setting; azd up runs it now."
        ;;
    esac
  done
  [ "$settings" = "${CMK_VAULT_SETTINGS:-}" ] || run azd env set CMK_VAULT_SETTINGS "$settings"
  CMK_VAULT_SETTINGS="$settings"
}

# Uses the digest, so that the image behind the name can't change.
image() {
  local tag digest arguments=()
  say 'The image, built in the registry.'
  tag="cmk-bot:$(git -C "$root" rev-parse --short=12 HEAD)"
  # Builds the files of the folder, including those that aren't committed.
  [ -z "$(git -C "$root" status --porcelain)" ] || tag="$tag-changed"
  if [ -n "${CMK_BASE_IMAGE:-}" ]; then arguments=(--build-arg "BASE=$CMK_BASE_IMAGE"); fi
  run az acr build --registry "$CMK_REGISTRY" --image "$tag" "${arguments[@]}" "$root"
  digest="$(ask az acr repository show --name "$CMK_REGISTRY" --image "$tag" --query digest --output tsv)"
  run azd env set CMK_IMAGE "$(ask az acr show --name "$CMK_REGISTRY" --query loginServer --output tsv)/cmk-bot@$digest"
}

if must_open; then
  open_for_here
  if [ -z "${CMK_IMAGE:-}" ]; then database_roles; fi
  open_vault
  audit_log_keys
  settings_to_vault
  if [ -z "${CMK_IMAGE:-}" ]; then
    image
    say 'Everything except the bot is deployed. Let a Privileged Role Administrator grant Microsoft Graph before anyone uses the bot:'
    say "  bash infra/grant-graph.sh --yes $CMK_BOT_PRINCIPAL_ID"
    say 'A token from before counts for up to a day. The next azd provision deploys the bot; azd up runs it now.'
    exit 0
  fi
fi

case ",${CMK_VAULT_SETTINGS:-}," in
  *,CMK_STEP_UP_APP_SECRET,*) ;;
  *)
    if [ -n "${CMK_STEP_UP:-}" ]; then
      say 'CMK_STEP_UP is set and its secret is missing: the bot does not start. Store the secret, and deploy again:'
      say "  read -rs CMK_STEP_UP_APP_SECRET && export CMK_STEP_UP_APP_SECRET && azd up"
    fi
    ;;
esac
say ''
say "The bot is at https://$CMK_HOST. Next steps:"
say '  1  Microsoft Graph, by a Privileged Role Administrator:'
say "       bash infra/grant-graph.sh --yes $CMK_BOT_PRINCIPAL_ID"
if [ "${CMK_ASSIGN_ROLES:-true}" != true ]; then
  say '  2  Azure, by an Owner of each subscription or resource group:'
  say "       bash infra/grant-azure.sh --yes --workspace $CMK_WORKSPACE_ID $CMK_BOT_PRINCIPAL_ID SCOPE…"
fi
say '  3  The app package, by a Teams Administrator. Replace the values in capital letters:'
say "       npm run package -- --app-id $CMK_BOT_CLIENT_ID --app-type UserAssignedMSI --host $CMK_HOST --developer-name 'YOUR HOSPITAL' --website-url https://HELP --privacy-url https://PRIVACY --terms-url https://TERMS"
say '       then Teams admin center, Teams apps, Manage apps, Upload new app: dist/cmk-bot.zip'
say '  4  After the first start: take the owner of the tables from the bot.'
say '       azd env set CMK_MIGRATE false && azd provision'
say '  5  Last: lock the container with the published log. THIS CANNOT BE UNDONE.'
say "       az storage container immutability-policy lock --resource-group $AZURE_RESOURCE_GROUP --account-name $CMK_ANCHOR_ACCOUNT --container-name $CMK_ANCHOR_CONTAINER \\"
say "         --if-match \"\$(az storage container immutability-policy show --resource-group $AZURE_RESOURCE_GROUP --account-name $CMK_ANCHOR_ACCOUNT --container-name $CMK_ANCHOR_CONTAINER --query etag -o tsv)\""
say 'docs/install/deploy-with-azd.md has every step, and what it prints.'
