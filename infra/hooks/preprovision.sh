#!/usr/bin/env bash
# Before anything is deployed: what this machine needs, and who sets things up.
set -euo pipefail
# shellcheck source=infra/common.sh
. "$(dirname "$0")/../common.sh"
need_az
need azd 'this is run by it'
need git 'the image is named after the commit'
need openssl 'the key of the seals is made with it'
need psql 'the database’s roles are made with it: install a PostgreSQL client, version 16 or later'

if [ -z "${CMK_ADMIN_ID:-}" ]; then
  id="$(ask az ad signed-in-user show --query id --output tsv)"
  name="$(ask az ad signed-in-user show --query userPrincipalName --output tsv)"
  run azd env set CMK_ADMIN_ID "$id"
  run azd env set CMK_ADMIN_NAME "$name"
  run azd env set CMK_ADMIN_TYPE User
fi
for setting in CMK_REQUESTERS CMK_APPROVERS; do
  if [ -z "${!setting:-}" ]; then say "$setting is empty: nobody may, until it is set."; fi
done
if [ -z "${CMK_STEP_UP:-}" ]; then
  say 'CMK_STEP_UP is not set: a click in Teams is enough to approve. docs/step-up.md'
fi
