#!/usr/bin/env bash
# Creates the bot's custom roles from the files in this folder, and assigns them to its identity. The caller must be Owner or User
# Access Administrator of every scope. Shows what it would do; --yes does it. You can repeat it.
#   bash infra/grant-azure.sh [--yes] [--workspace WORKSPACE] [--kind KIND] PRINCIPAL [SCOPE…]
# PRINCIPAL is the identity's object ID or app ID. A SCOPE is a subscription's ID, or the output of `az group show --query id`: resource
# groups of agents and vaults are better than their subscription, where the bot then can't read policies and the Activity Log. WORKSPACE is the ARM ID of the Log Analytics workspace with the
# vaults' audit logs: the bot gets permission to query that one table, and nothing else.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
# shellcheck source=infra/common.sh
. "$here/common.sh"
who='an Owner or a User Access Administrator of the scope has to'
really=no
principal=''
scopes=()
workspace=''
kinds=()
usage='bash infra/grant-azure.sh [--yes] [--workspace WORKSPACE] [--kind KIND] PRINCIPAL [SCOPE…]'
while [ $# -gt 0 ]; do
  word="$1"
  shift
  case "$word" in
    --yes) really=yes ;;
    --dry-run) really=no ;;
    --workspace)
      workspace="${1:-}"
      shift || true
      case "$workspace" in
        /subscriptions/*/providers/[Mm]icrosoft.[Oo]perational[Ii]nsights/workspaces/*) ;;
        *) stop "--workspace takes the ARM id of a Log Analytics workspace: az monitor log-analytics workspace list --query '[].id' prints them" ;;
      esac
      ;;
    --kind)
      kinds+=("${1:-}")
      shift || true
      [ -f "$here/custom-role-${kinds[-1]}.json" ] || stop "--kind takes a kind of CMK_KINDS that has its own role, such as storage-account"
      ;;
    -*) stop "there is no $word: $usage" ;;
    /subscriptions/*) scopes+=("${word%/}") ;;
    *) if [ -z "$principal" ]; then principal="$word"; else scopes+=("/subscriptions/$word"); fi ;;
  esac
done
if [ -z "$principal" ] || { [ "${#scopes[@]}" = 0 ] && [ -z "$workspace" ]; }; then stop "whose and where? $usage"; fi
need_az
need node 'the roles are read with it'
# az finds a service principal by both IDs. An object ID also works for a caller that can't read Microsoft Graph.
if found="$(az ad sp show --id "$principal" --query id --output tsv 2> /dev/null)"; then principal="$found"; fi

# Sorts as node does.
export LC_ALL=C
# The assignments, without duplicates: the role's file and the scope.
files=()
places=()
for scope in "${scopes[@]}"; do
  files+=("$here/custom-role.json" "$here/custom-role-grants.json")
  places+=("$scope" "$scope")
  for kind in "${kinds[@]}"; do
    files+=("$here/custom-role-$kind.json")
    places+=("$scope")
  done
done
if [ -n "$workspace" ]; then
  files+=("$here/custom-role-logs.json")
  places+=("$workspace")
fi
# Prints names (one for each line), permissions (one for each line), or the whole role for these scopes.
part() {
  node -e '
    const [what, ...rest] = process.argv.slice(1);
    const read = (file) => JSON.parse(require("node:fs").readFileSync(file, "utf8"));
    const of = {
      names: (...files) => files.map((file) => read(file).Name).join("\n"),
      permits: (file) => [...read(file).Actions, ...read(file).DataActions.map((one) => `data ${one}`)].sort().join("\n"),
      whole: (file, ...scopes) => JSON.stringify({ ...read(file), AssignableScopes: scopes }),
    };
    console.log(of[what](...rest));
  ' "$@"
}
mapfile -t names < <(part names "${files[@]}")

# The lines of an output, sorted.
lines() { tr '\t' '\n' | sed '/^\(None\)\{0,1\}$/d' | sort -u; }
# The subscriptions of a role's scopes, without duplicates: assignable scopes are whole subscriptions.
subscriptions_of() {
  local n
  for n in "${!files[@]}"; do [ "${files[$n]}" != "$1" ] || printf '%s\n' "${places[$n]}"; done | cut -d/ -f1-3 | sort -u
}

# az searches a role in one subscription, and finds it only if it is assignable there.
visible="$(ask az account list --query '[].id' --output tsv | lines | sed 's#^#/subscriptions/#')"
# Returns a scope at which the role with this name is found: first the required ones, then all that the caller can see.
found_at() {
  local name="$1" scope found
  for scope in $(subscriptions_of "$2"); do
    found="$(scopes_of "$name" "$scope")"
    [ -z "$found" ] || { printf '%s\n' "$scope"; return; }
  done
  for scope in $visible; do
    # In other subscriptions, the caller might not have permission to read roles.
    found="$(scopes_of "$name" "$scope" 2> /dev/null)" || continue
    [ -z "$found" ] || { printf '%s\n' "$scope"; return; }
  done
}
scopes_of() {
  ask az role definition list --custom-role-only true --scope "$2" --name "$1" --output tsv \
    --query '[0].assignableScopes' | lines
}

left=0
done_with=' '
for n in "${!files[@]}"; do
  name="${names[$n]}"
  file="${files[$n]}"
  case "$done_with" in *" $file "*) continue ;; esac
  done_with="$done_with$file "
  at="$(found_at "$name" "$file")"
  known=''
  held=''
  if [ -n "$at" ]; then
    known="$(scopes_of "$name" "$at")"
    held="$(ask az role definition list --custom-role-only true --scope "$at" --name "$name" --output tsv \
      --query "[0].permissions[0].[actions, dataActions[].join('', ['data ', @])][]" | lines)"
  fi
  wanted="$(printf '%s\n%s\n' "$(subscriptions_of "$file")" "$known" | lines)"
  mapfile -t good_for <<< "$wanted"
  definition="$(part whole "$file" "${good_for[@]}")"
  if [ -z "$known" ]; then
    say "Role “$name” is missing."
    left=1
    change az role definition create --role-definition "$definition"
  elif [ "$held" != "$(part permits "$file")" ] || [ "$wanted" != "$known" ]; then
    say "Role “$name” is another one than $(basename "$file") says, or not good for every scope."
    left=1
    change az role definition update --role-definition "$definition"
  fi
done

# Counts the assignments of a role at a scope. Without --role, which fails while the role doesn't exist.
given() {
  ask az role assignment list --assignee "$principal" --scope "$2" \
    --query "length([?roleDefinitionName=='$1'])" --output tsv
}

# Prints a line for each assignment of the role that assigns roles, at a scope or above, whose condition isn't the file's, blanks
# ignored: the condition, a tab, and the assignment with the right one.
unconditional() {
  local scope all
  for scope in "${scopes[@]}"; do
    all="$(ask az role assignment list --assignee "$principal" --scope "$scope" --include-inherited \
      --query "[?roleDefinitionName=='$grants_role']" --output json)"
    node -e '
      const [file, all] = process.argv.slice(1);
      const condition = require("node:fs").readFileSync(file, "utf8").trim();
      const plain = (text) => (text ?? "").replace(/\s/g, "");
      for (const one of JSON.parse(all).filter((one) => plain(one.condition) !== plain(condition))) {
        const fixed = JSON.stringify({ ...one, condition, conditionVersion: "2.0" });
        console.log(`${(one.condition || "none").replace(/\s+/g, " ")}\t${fixed}`);
      }
    ' "$here/grant-condition.txt" "$all"
  done | sort -u
}
grants_role="$(part names "$here/custom-role-grants.json")"

others="$(unconditional)"
while IFS=$'\t' read -r condition fixed; do
  [ -n "$fixed" ] || continue
  say "An assignment of “$grants_role” has another condition than grant-condition.txt, so the bot might assign other roles: $condition"
  left=1
  change az role assignment update --role-assignment "$fixed"
done <<< "$others"

for n in "${!files[@]}"; do
  name="${names[$n]}"
  scope="${places[$n]}"
  count="$(given "$name" "$scope")"
  [ "$count" = 0 ] || continue
  say "$principal lacks “$name” at $scope."
  left=1
  condition=()
  case "${files[$n]}" in
    */custom-role-grants.json) condition=(--condition "$(cat "$here/grant-condition.txt")" --condition-version 2.0) ;;
  esac
  change az role assignment create --assignee-object-id "$principal" --assignee-principal-type ServicePrincipal \
    --role "$name" --scope "$scope" "${condition[@]}"
done

if [ "$left" = 0 ]; then
  say 'The roles are as their files say, and given at every scope. Nothing to do.'
  exit 0
fi
if [ "$really" = no ]; then
  say 'Nothing was changed. --yes does it.'
  exit 0
fi
for n in "${!files[@]}"; do
  count="$(given "${names[$n]}" "${places[$n]}")"
  [ "$count" != 0 ] || stop "It was done, and “${names[$n]}” does not show at ${places[$n]}. Look again in a minute."
done
others="$(unconditional)"
[ -z "$others" ] || stop "It was done, and “$grants_role” still shows another condition: ${others%%$'\t'*}. Look again in a minute."
say 'The roles are given at every scope: read back. They count within ten minutes.'
