#!/usr/bin/env bash
# Makes the bot's two custom roles of the files beside it, and gives them to its identity. Takes an Owner or a User Access
# Administrator of every scope. Shows what it would do; --yes does it. Safe to repeat.
#   bash infra/grant-azure.sh [--yes] PRINCIPAL SCOPE…
# PRINCIPAL is the identity's object id. A SCOPE is a subscription's id, or what `az group show --query id` prints: the resource
# groups of agents and vaults are better than their subscription.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
# shellcheck source=infra/common.sh
. "$here/common.sh"
who='an Owner or a User Access Administrator of the scope has to'
really=no
principal=''
scopes=()
for word in "$@"; do
  case "$word" in
    --yes) really=yes ;;
    --dry-run) really=no ;;
    -*) stop "there is no $word: bash infra/grant-azure.sh [--yes] PRINCIPAL SCOPE…" ;;
    /subscriptions/*) scopes+=("${word%/}") ;;
    *) if [ -z "$principal" ]; then principal="$word"; else scopes+=("/subscriptions/$word"); fi ;;
  esac
done
[ -n "$principal" ] && [ "${#scopes[@]}" -gt 0 ] || stop 'whose and where? bash infra/grant-azure.sh [--yes] PRINCIPAL SCOPE…'
need_az
need node 'the roles are read with it'

# Sorted as node sorts.
export LC_ALL=C
files=("$here/custom-role.json" "$here/custom-role-grants.json")
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

# The subscriptions of the scopes, each once: where a role can be given is said in whole subscriptions.
subscriptions="$(printf '%s\n' "${scopes[@]}" | cut -d/ -f1-3 | sort -u)"
# The lines of an answer, sorted.
lines() { tr '\t' '\n' | sed '/^\(None\)\{0,1\}$/d' | sort -u; }

left=0
for n in 0 1; do
  name="${names[$n]}"
  known="$(ask az role definition list --custom-role-only true --name "$name" --output tsv \
    --query '[0].assignableScopes' | lines)"
  held="$(ask az role definition list --custom-role-only true --name "$name" --output tsv \
    --query "[0].permissions[0].[actions, dataActions[].join('', ['data ', @])][]" | lines)"
  wanted="$(printf '%s\n%s\n' "$subscriptions" "$known" | lines)"
  mapfile -t places <<< "$wanted"
  definition="$(part whole "${files[$n]}" "${places[@]}")"
  if [ -z "$known" ]; then
    say "Role “$name” is missing."
    left=1
    change az role definition create --role-definition "$definition"
  elif [ "$held" != "$(part permits "${files[$n]}")" ] || [ "$wanted" != "$known" ]; then
    say "Role “$name” is another one than $(basename "${files[$n]}") says, or not good for every scope."
    left=1
    change az role definition update --role-definition "$definition"
  fi
done

# How often a role is given at a scope.
given() {
  ask az role assignment list --assignee "$principal" --scope "$2" --role "$1" --query 'length(@)' --output tsv
}

for scope in "${scopes[@]}"; do
  for n in 0 1; do
    name="${names[$n]}"
    count="$(given "$name" "$scope")"
    [ "$count" = 0 ] || continue
    say "$principal lacks “$name” at $scope."
    left=1
    condition=()
    if [ "$n" = 1 ]; then condition=(--condition "$(cat "$here/grant-condition.txt")" --condition-version 2.0); fi
    change az role assignment create --assignee-object-id "$principal" --assignee-principal-type ServicePrincipal \
      --role "$name" --scope "$scope" "${condition[@]}"
  done
done

if [ "$left" = 0 ]; then
  say 'Both roles are as their files say, and given at every scope. Nothing to do.'
  exit 0
fi
if [ "$really" = no ]; then
  say 'Nothing was changed. --yes does it.'
  exit 0
fi
for scope in "${scopes[@]}"; do
  for name in "${names[@]}"; do
    count="$(given "$name" "$scope")"
    [ "$count" != 0 ] || stop "It was done, and “$name” does not show at $scope. Look again in a minute."
  done
done
say 'Both roles are given at every scope: read back. They count within ten minutes.'
