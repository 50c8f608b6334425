# For the scripts beside it: words, and commands that are shown before they are run.
# shellcheck shell=bash

if [ "${BASH_VERSINFO[0]}" -lt 5 ]; then
  echo 'This takes bash 5 or later. macOS has an older one: brew install bash' >&2
  exit 1
fi
# What fails within $(…) fails the script, too.
shopt -s inherit_errexit

say() { printf '%s\n' "$*"; }

# What somebody has to do something about.
stop() {
  printf '%s\n' "$*" >&2
  exit 1
}

# A command as it can be copied.
show() {
  local word line=''
  for word in "$@"; do line+=" $(printf '%q' "$word")"; done
  say "+${line}"
}

run() {
  show "$@"
  "$@"
}

# Shows a change, and makes it where that was asked for.
change() {
  show "$@"
  if [ "${really:-no}" = yes ]; then ask "$@" > /dev/null; fi
}

need() {
  command -v "$1" > /dev/null 2>&1 || stop "$1 is missing: $2"
}

need_az() {
  need az 'install the Azure CLI, https://learn.microsoft.com/cli/azure/install-azure-cli'
  az account show --output none 2> /dev/null || stop 'az is not signed in: az login --tenant TENANT'
}

# The answer of a command, or its own words and what they mean to whoever runs this. What it warns of is no part of the answer.
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
    *) stop "It was not done; the words of $1 are above." ;;
  esac
}
