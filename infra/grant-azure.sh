#!/usr/bin/env bash
# Makes the bot's custom roles of the files beside it, and gives them to its identity. Takes an Owner or a User Access
# Administrator of every scope. Shows what it would do; --yes does it. Safe to repeat.
#   bash infra/grant-azure.sh [--yes] [--workspace WORKSPACE] PRINCIPAL [SCOPE…]
# PRINCIPAL is the identity's object id. A SCOPE is a subscription's id, or what `az group show --query id` prints: the resource
# groups of agents and vaults are better than their subscription. WORKSPACE is the ARM id of the Log Analytics workspace that the
# vaults' audit logs go to: the bot may query that one table there, and nothing else.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
# shellcheck source=infra/common.sh
. "$here/common.sh"
who='an Owner or a User Access Administrator of the scope has to'
really=no
principal=''
scopes=()
workspace=''
usage='bash infra/grant-azure.sh [--yes] [--workspace WORKSPACE] PRINCIPAL [SCOPE…]'
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
        *) stop "--workspace takes the ARM id of a Log Analytics workspace, which az monitor log-analytics workspace show --query id prints" ;;
      esac
      ;;
    -*) stop "there is no $word: $usage" ;;
    /subscriptions/*) scopes+=("${word%/}") ;;
    *) if [ -z "$principal" ]; then principal="$word"; else scopes+=("/subscriptions/$word"); fi ;;
  esac
done
if [ -z "$principal" ] || { [ "${#scopes[@]}" = 0 ] && [ -z "$workspace" ]; }; then stop "whose and where? $usage"; fi
need_az
need node 'the roles are read with it'

# Sorted as node sorts.
export LC_ALL=C
# What is given where, one of each: the role's file, and the scope.
files=()
places=()
for scope in "${scopes[@]}"; do
  files+=("$here/custom-role.json" "$here/custom-role-grants.json")
  places+=("$scope" "$scope")
done
if [ -n "$workspace" ]; then
  files+=("$here/custom-role-logs.json")
  places+=("$workspace")
fi
# One of: the names, a line each; what a role permits, a line each; the whole of it, good for these scopes.
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

# The lines of an answer, sorted.
lines() { tr '\t' '\n' | sed '/^\(None\)\{0,1\}$/d' | sort -u; }
# The subscriptions that a role is given in, each once: where a role can be given is said in whole subscriptions.
subscriptions_of() {
  local n
  for n in "${!files[@]}"; do [ "${files[$n]}" != "$1" ] || printf '%s\n' "${places[$n]}"; done | cut -d/ -f1-3 | sort -u
}

# az looks for a role in one subscription, and finds it only if it can be assigned there.
visible="$(ask az account list --query '[].id' --output tsv | lines | sed 's#^#/subscriptions/#')"
# A scope at which the role of this name is found: first where it is needed, then wherever the caller can see.
found_at() {
  local name="$1" scope found
  for scope in $(subscriptions_of "$2"); do
    found="$(scopes_of "$name" "$scope")"
    [ -z "$found" ] || { printf '%s\n' "$scope"; return; }
  done
  for scope in $visible; do
    # Elsewhere the caller might not read roles: none is found there.
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

# How often a role is given at a scope. Not with --role, which is an error while the role is still to be made.
given() {
  ask az role assignment list --assignee "$principal" --scope "$2" \
    --query "length([?roleDefinitionName=='$1'])" --output tsv
}

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
say 'The roles are given at every scope: read back. They count within ten minutes.'
