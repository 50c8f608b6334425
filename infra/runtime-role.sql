-- Who can sign in to the audit log's database: the identity that owns the tables, and the bot, which can only connect.
-- Migrations give it permissions on the tables by name (src/store/runtime-role.ts). Safe to repeat.
--
-- Run it by psql in the database "postgres", where Azure has these functions, as the server's administrator in Entra:
--   psql "host=HOST dbname=postgres user=ADMIN sslmode=verify-full sslrootcert=system" -v ON_ERROR_STOP=1 \
--     -v database=cmk -v bot=id-cmk-bot -v bot_id=OBJECT_ID -v owner=id-cmk-owner -v owner_id=OBJECT_ID -f infra/runtime-role.sql

select pgaadauth_create_principal_with_oid(:'owner', :'owner_id', 'service', false, false)
  where not exists (select from pg_roles where rolname = :'owner');
select pgaadauth_create_principal_with_oid(:'bot', :'bot_id', 'service', false, false)
  where not exists (select from pg_roles where rolname = :'bot');

revoke all on database :"database" from public;
grant connect, create on database :"database" to :"owner";
grant connect on database :"database" to :"bot";
