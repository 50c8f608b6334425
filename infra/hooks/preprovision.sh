#!/usr/bin/env bash
# Runs before a deployment. Checks what this machine needs, and reads from Azure what the deployment must not change.
set -euo pipefail
root="$(cd "$(dirname "$0")/../.." && pwd)"
# shellcheck source=infra/common.sh
. "$root/infra/common.sh"
who='an Owner of the subscription has to'
need_az
need_same_subscription
need azd 'azd runs this script'
need git 'the image is named after the commit'
need node 'it compares settings with those that are deployed'
need openssl 'it creates the keys of the audit log'
need psql 'install a PostgreSQL client: it creates the users of the database'

# Stores a value for the deployment, if it changed.
keep() {
  [ "${!1:-}" = "$2" ] || run azd env set "$1" "$2"
  printf -v "$1" '%s' "$2"
}

# A locked immutability policy refuses every change, so the deployment must leave it unchanged.
published_log() {
  local there state=none
  there="$(ask az storage container-rm exists --resource-group "$AZURE_RESOURCE_GROUP" \
    --storage-account "$CMK_ANCHOR_ACCOUNT" --name "$CMK_ANCHOR_CONTAINER" --query exists --output tsv)"
  if [ "$there" = true ]; then
    state="$(ask az storage container immutability-policy show --resource-group "$AZURE_RESOURCE_GROUP" \
      --account-name "$CMK_ANCHOR_ACCOUNT" --container-name "$CMK_ANCHOR_CONTAINER" --query state --output tsv)"
  fi
  if [ "$state" = Locked ]; then keep CMK_ANCHOR_LOCKED true; else keep CMK_ANCHOR_LOCKED false; fi
  if [ "$there" = true ]; then former_auditors; fi
}

# A deployment takes no role assignment back. The lock of the account protects its assignments too.
former_auditors() {
  local account="/subscriptions/$AZURE_SUBSCRIPTION_ID/resourceGroups/$AZURE_RESOURCE_GROUP/providers/Microsoft.Storage/storageAccounts/$CMK_ANCHOR_ACCOUNT" ids
  ids="$(ask az role assignment list --scope "$account/blobServices/default/containers/$CMK_ANCHOR_CONTAINER" --output tsv \
    --query "[?roleDefinitionName=='Storage Blob Data Reader' && principalId!='${CMK_AUDITORS:-}'].id")"
  [ -n "$ids" ] || return 0
  say 'Others than CMK_AUDITORS can still read the published log. To take this back, as an Owner, with a lock that the last command restores:'
  say "  az lock delete --resource $account --name keep-published-log"
  say "  az role assignment delete --ids $(paste -sd' ' - <<< "$ids")"
  say '  azd provision --no-state'
}

# The disk grows automatically, and a deployment can't shrink it.
database_disk() {
  local size
  size="$(ask az resource show --ids "$CMK_DATABASE_SERVER_ID" --query properties.storage.storageSizeGB --output tsv)"
  if [ "${size:-0}" -gt "${CMK_DATABASE_STORAGE_GIB:-32}" ]; then run azd env set CMK_DATABASE_STORAGE_GIB "$size"; fi
}

# After `azd down`, the vault is deleted but not purged for 90 days, and keeps its name.
deleted_vault() {
  local name
  name="$(ask az keyvault list-deleted --resource-type vault --output tsv \
    --query "[?properties.tags.\"azd-env-name\"=='$AZURE_ENV_NAME'].name")"
  [ -z "$name" ] || stop "The vault $name of an earlier deployment of $AZURE_ENV_NAME is deleted, and Azure keeps its name for 90 days.
Recover it, with the keys of the earlier audit log:
  az group create --name rg-$AZURE_ENV_NAME-cmk --location ${AZURE_LOCATION:-REGION} && az keyvault recover --name $name
Or take another environment: azd env new NAME"
}

# A role can't lose a subscription with assignments, so all of its subscriptions remain. A role of another
# environment isn't changed: this one owns the role if it found none before, or if a deployment says so. azd stores
# that output only after a success, and `azd down` removes it.
role_scopes() {
  local id found='' kept
  for id in ${CMK_SUBSCRIPTIONS//,/ } "$AZURE_SUBSCRIPTION_ID"; do
    found+=" $(ask az role definition list --custom-role-only true --name 'CMK bot' --scope "/subscriptions/$id" \
      --query '[].[name, assignableScopes[]][][]' --output tsv)"
  done
  found="$(tr -s '[:space:]' '\n' <<< "$found" | sed '/^$/d' | sort -u)"
  if [ -z "$found" ]; then
    keep CMK_OWNS_ROLES true
  elif [ "${CMK_OWNS_ROLES:-}" != true ] && ! grep -qx "${CMK_ROLE_ID:-none}" <<< "$found"; then
    stop "The tenant already has the role CMK bot, and this environment did not create it: the names of roles are unique in a tenant.
Let a script assign it, after the deployment: azd env set CMK_ASSIGN_ROLES false. docs/install/deploy-with-azd.md, \"Ask other roles\""
  fi
  kept="$(sed -n 's#^/subscriptions/\([^/]*\)$#\1#p' <<< "$found" | paste -sd, -)"
  keep CMK_ROLE_SUBSCRIPTIONS "$kept"
  for id in ${kept//,/ }; do
    case ",${CMK_SUBSCRIPTIONS// /},$AZURE_SUBSCRIPTION_ID," in *",$id,"*) continue ;; esac
    say "The bot does not act in subscription $id, and its role still exists there. Remove its assignments, as an Owner:"
    say "  for id in \$(az role assignment list --subscription $id --assignee ${CMK_BOT_PRINCIPAL_ID:-PRINCIPAL} --all --query '[].id' --output tsv); do az role assignment delete --ids \"\$id\"; done"
  done
}

deployed=no
deployment=''
not_compared='Azure shows no deployment to this resource group that succeeded, so the settings here are not compared with those of other machines.'
# Finds an earlier deployment. Azure refuses to delete a locked container, so `azd down` then leaves its storage account and the
# resource group. An empty database can't continue its published log. Another project can have an environment of this name:
# its deployments lack our parameters, and since azd 1.31.2 all carry the project's name. The history goes back to before
# `azd down`: what is older than the identities of the bot was deployed to an earlier resource group of this name. The server can
# be newer, after a restore.
earlier_deployment() {
  local group="rg-$AZURE_ENV_NAME-cmk" there resources types app created project history running failed answer=none known="${CMK_KNOWN_DEPLOYMENT:-}"
  project="$(sed -n 's/^name: *\([^[:space:]]*\).*/\1/p' "$root/azure.yaml")"
  history="$(ask az deployment sub list --output tsv --query "sort_by([?tags.\"azd-env-name\"=='$AZURE_ENV_NAME' \
&& (tags.\"azd-project-name\" || '$project')=='$project' && properties.parameters.anchorDays], \
&properties.timestamp)[].[name, properties.provisioningState, properties.timestamp]")"
  # Azure continues a deployment after Ctrl+C in azd.
  running="$(awk '$2 !~ /^(Succeeded|Failed|Canceled)$/ { name = $1 } END { print name }' <<< "$history")"
  [ -z "$running" ] || stop "The deployment $running still runs: repeat this when it has ended."
  there="$(ask az group exists --name "$group")"
  [ "$there" = true ] || return 0
  resources="$(ask az resource list --resource-group "$group" --query '[].[type, createdTime]' --output tsv)"
  types="$(cut -f1 <<< "$resources")"
  app="$(grep -ix Microsoft.App/containerApps <<< "$types")" || app=''
  created="$(awk 'tolower($1) == "microsoft.managedidentity/userassignedidentities" && $2 ~ /^[0-9]/ && (!first || $2 < first) { first = $2 }
    END { print first }' <<< "$resources")"
  deployment="$(awk -v created="$created" '$2 == "Succeeded" && $3 > created { name = $1 } END { print name }' <<< "$history")"
  failed="$(awk -v created="$created" '$3 > created { name = $2 == "Succeeded" ? "" : $1 } END { print name }' <<< "$history")"
  # A first deployment began here, and outputs are from before. If it failed, this repeats it, unless another machine deployed
  # since. The history shows that. Azure deletes its oldest deployments; then the app shows it, which the second deployment makes.
  if [ "$known" = none ] && [ -z "$deployment$app" ]; then
    say "$not_compared"
    return
  fi
  if grep -qix Microsoft.DBforPostgreSQL/flexibleServers <<< "$types"; then
    if [ -z "$deployment" ] || [ -z "$created" ]; then
      [ -z "$deployment$app" ] || answer=decided:none
      [[ "$known" = decided:none && -n "${AZURE_RESOURCE_GROUP:-}" ]] || stop "The resource group $group has a database server. Azure shows no deployment that succeeded since the bot's identities were created, or no time of their creation. So the values can't be compared, and a deployment from here could reset settings.
If another machine deployed last, or tried to, continue there, or copy .azure/$AZURE_ENV_NAME/.env from it.
To continue with the values here, run: azd env set CMK_KNOWN_DEPLOYMENT $answer and repeat this."
      deployment=''
      say "$not_compared"
    elif [ -n "$failed" ]; then
      say "The deployment $failed is newer than $deployment and did not succeed. It can have changed the app and the database. Its values are not compared: az deployment sub show --name $failed"
    fi
    deployed=yes
    # The machine that deployed last can change its settings, and a new version their defaults.
    [ -z "$deployment" ] || [ "${known#began:}" = "$deployment" ] || compare_values
    keep CMK_KNOWN_DEPLOYMENT "began:${deployment:-none}"
  elif grep -qix Microsoft.Storage/storageAccounts <<< "$types"; then
    stop "The resource group $group has no database server, but still the storage account with the published log.
If its container is locked, azd down leaves both until CMK_ANCHOR_DAYS after the last event. Take another environment: azd env new NAME
If it is not locked, run azd down again. docs/operate/uninstall.md, \"What stays after azd down\""
  fi
}

# Prints outputs, and settings that are deployed otherwise than here: "output", "missing" or "changed", the variable, and the
# deployed value, each with a NUL after it. An empty variable counts as set. The administrator is the person here, or a group.
# Leaves out what this hook reads from Azure, and CMK_DEPLOYMENT: azd stores that after a deployment from here.
deployed_values() {
  node -e '
    const [file, deployed] = process.argv.slice(1);
    const { parameters, outputs } = JSON.parse(deployed);
    const { env } = process;
    const parsed = (text) => { try { return JSON.parse(text); } catch { return text; } };
    const print = (...words) => process.stdout.write(words.map((word) => `${word}\0`).join(""));
    const template = require("node:fs").readFileSync(file, "utf8");
    for (const [key, { value }] of Object.entries(outputs ?? {})) {
      // Azure changes the case. The name of the container is an output and a setting.
      const name = key.toUpperCase();
      if (name === "CMK_DEPLOYMENT") continue;
      if (!(name in env) || !template.includes(`{${name}=`)) print("output", name, value ?? "");
    }
    const asked = ["CMK_ADMIN_ID", "CMK_ADMIN_NAME", "CMK_ADMIN_TYPE"];
    const computed = ["CMK_ANCHOR_LOCKED", "CMK_DATABASE_STORAGE_GIB", "CMK_ROLE_SUBSCRIPTIONS"];
    const isOurs = parameters.adminType?.value === "Group" && !asked.some((name) => name in env);
    const visit = (value, was) => {
      if (typeof value === "object") return void Object.keys(value).forEach((key) => visit(value[key], was?.[key]));
      const [, name, fallback] = /^\$\{((?:CMK|OTEL)_\w+)=?(.*)\}$/.exec(value) ?? [];
      if (!name || computed.includes(name) || (asked.includes(name) && !isOurs)) return;
      const isObject = was !== null && typeof was === "object";
      const effective = (text) => (["", "{}"].includes(text) ? fallback : text);
      const isSame = isObject
        ? require("node:util").isDeepStrictEqual(was, parsed(env[name] || "{}"))
        : effective(`${was ?? ""}`) === effective(env[name] ?? "");
      if (!isSame) print(name in env ? "changed" : "missing", name, isObject ? JSON.stringify(was) : `${was ?? ""}`);
    };
    visit(JSON.parse(template).parameters, parameters);
  ' "$root/infra/main.parameters.json" "$1"
}

# azd keeps values where they were set. Without them, a deployment from another machine would reset them. With old ones, it
# would deploy an old image or drop a secret. CMK_KNOWN_DEPLOYMENT is the last one whose values this machine has or
# replaced on purpose: began:NAME until the hook after the next deployment from here stores the name of that. This hook stores
# its own after all values, and none before the first. The command below stores decided:NAME: values can still be missing.
compare_values() {
  local was values n command changed=''
  was="$(ask az deployment sub show --name "$deployment" --query properties --output json)"
  mapfile -d '' -t values < <(deployed_values "$was")
  wait $!
  for ((n = 0; n < ${#values[@]}; n += 3)); do
    [ "${values[n]}" = changed ] || continue
    command="$(show azd env set "${values[n + 1]}" "${values[n + 2]}")"
    changed+=" ${command#+}"$'\n'
  done
  # What is set was set on purpose on a new machine, and after the command below.
  [ -z "$changed" ] || [ -z "$known${AZURE_RESOURCE_GROUP:-}" ] || [ "$known" = "decided:$deployment" ] || stop "The last deployment, $deployment, has other values than here. It came from another machine or version, or the hook after it did not run. To keep a deployed value, run its line. In an upgrade, do not run those of CMK_IMAGE and CMK_MIGRATE.
${changed}Then run: azd env set CMK_KNOWN_DEPLOYMENT decided:$deployment and repeat this."
  case " ${values[*]} " in
    *' missing '*) say 'These settings are deployed, and were set on another machine. To remove one, set it to an empty value; CMK_POLICY and CMK_TAGS, to {}.' ;;
  esac
  for ((n = 0; n < ${#values[@]}; n += 3)); do
    if [ "${values[n]}" != changed ]; then keep "${values[n + 1]}" "${values[n + 2]}"; fi
  done
}

earlier_deployment

if [ -z "${CMK_ADMIN_ID:-}" ]; then
  id="$(ask az ad signed-in-user show --query id --output tsv)" ||
    stop 'CMK_ADMIN_ID, CMK_ADMIN_NAME and CMK_ADMIN_TYPE are not set. In a pipeline, name a group.'
  name="$(ask az ad signed-in-user show --query userPrincipalName --output tsv)"
  run azd env set CMK_ADMIN_ID "$id"
  run azd env set CMK_ADMIN_NAME "$name"
  run azd env set CMK_ADMIN_TYPE User
fi

for setting in CMK_SUBSCRIPTIONS CMK_APPROVALS_CHANNEL CMK_AUDIT_CHANNEL; do
  [ -n "${!setting:-}" ] || stop "$setting is not set: azd env set $setting VALUE. docs/install/deploy-with-azd.md says which value."
done
for setting in CMK_REQUESTERS CMK_APPROVERS; do
  if [ -z "${!setting:-}" ]; then say "$setting is empty: until you set it, no one has that role."; fi
done
if [ -z "${CMK_STEP_UP:-}" ]; then
  say 'CMK_STEP_UP is not set: approvers do not have to sign in again. docs/install/require-sign-in.md'
fi
for setting in "${secret_settings[@]}"; do
  if [ -n "${!setting+set}" ] && [ -z "${!setting}" ]; then
    say "$setting is empty in azd's environment, which hides an exported value. To replace the secret: azd env set $setting VALUE"
  fi
done

if [ "$deployed" = yes ]; then
  published_log
  database_disk
else
  deleted_vault
  # Lets this environment repeat a first deployment that fails.
  keep CMK_KNOWN_DEPLOYMENT none
  # In a new resource group, such as after `azd down`, there is no image, and the database has no tables.
  keep CMK_IMAGE ''
  if [ -n "${CMK_MIGRATE:-}" ]; then keep CMK_MIGRATE true; fi
fi
must_open || true
if [ "${CMK_ASSIGN_ROLES:-true}" = true ]; then role_scopes; fi
