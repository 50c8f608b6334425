# Shared functions of the scripts in this folder: messages, and commands that are shown before they run.
# shellcheck shell=bash

if [ "${BASH_VERSINFO[0]}" -lt 5 ]; then
  echo 'This takes bash 5 or later. macOS has an older one: brew install bash' >&2
  exit 1
fi
# A failure within $(…) also fails the script.
shopt -s inherit_errexit

say() { printf '%s\n' "$*"; }

# A task for a person.
stop() {
  printf '%s\n' "$*" >&2
  exit 1
}

# A command in a form that can be copied.
show() {
  local word line=''
  for word in "$@"; do line+=" $(printf '%q' "$word")"; done
  say "+${line}"
}

run() {
  show "$@"
  "$@"
}

# Shows a change, and makes it with --yes.
change() {
  show "$@"
  if [ "${really:-no}" = yes ]; then ask "$@" > /dev/null; fi
}

need() {
  command -v "$1" > /dev/null 2>&1 || stop "$1 is missing: $2"
}

# The settings that the hook after a deployment moves to the vault.
secret_settings=(CMK_STEP_UP_APP_SECRET OTEL_EXPORTER_OTLP_HEADERS CMK_ALERT_WEBHOOK CMK_ALERT_WEBHOOK_SECRET)

# Whether that hook opens the database and the vault. Stops if it doesn't know for which address.
must_open() {
  local setting secrets=''
  for setting in "${secret_settings[@]}"; do secrets+="${!setting:-}"; done
  [ -z "${CMK_IMAGE:-}" ] || [ -n "$secrets" ] || return 1
  [ -n "${CMK_ADMIN_IP:-}" ] ||
    stop 'CMK_ADMIN_IP is not set: azd env set CMK_ADMIN_IP ADDRESS, with the public address of this machine. Then azd up.'
}

need_az() {
  need az 'install the Azure CLI, https://learn.microsoft.com/cli/azure/install-azure-cli'
  az account show --output none 2> /dev/null || stop 'az is not signed in: az login --tenant TENANT'
}

# For hooks. az has a default subscription, and azd another one: what is searched in the wrong one doesn't exist.
need_same_subscription() {
  local id
  [ -n "${AZURE_SUBSCRIPTION_ID:-}" ] || stop 'AZURE_SUBSCRIPTION_ID is not set: azd env set AZURE_SUBSCRIPTION_ID ID'
  id="$(ask az account show --query id --output tsv)"
  [ "$id" = "$AZURE_SUBSCRIPTION_ID" ] ||
    stop "az uses subscription $id, and azd deploys to $AZURE_SUBSCRIPTION_ID: az account set --subscription $AZURE_SUBSCRIPTION_ID"
}

# Returns the output of a command. On failure, prints its error and what to do. Warnings aren't part of the output.
ask() {
  local answer complaint words
  complaint="$(mktemp)"
  if answer="$("$@" 2> "$complaint")"; then
    rm -f "$complaint"
    printf '%s' "$answer"
    return
  fi
  words="$(cat "$complaint")"
  rm -f "$complaint"
  show "$@" >&2
  printf '%s\n' "$words" >&2
  case "$words" in
    *Authorization_RequestDenied* | *AuthorizationFailed* | *'Insufficient privileges'*)
      stop "You lack the right to do this: ${who:-ask whoever administers it}." ;;
    *RoleDefinitionWithSameNameExists*)
      stop 'The tenant has a role of this name in subscriptions that you cannot see. Ask someone who has access to them to run this script.' ;;
    # Microsoft Graph, for an unknown ID.
    *'reference-property objects'*) stop 'Entra knows no identity with this ID. A new one takes a minute to be known.' ;;
    *) stop "It was not done; the words of $1 are above." ;;
  esac
}
