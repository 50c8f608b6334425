-- Every table of the bot, version 1. The audit log is a chain of events that can only grow.

create table cmk.chain_head (
  one int primary key check (one = 1),
  seq bigint not null,
  hash text not null,
  -- Time of the last event: the next one is never earlier, whatever a replica's clock says.
  time text
);
insert into cmk.chain_head values (1, 0, repeat('0', 64), null);

create table cmk.event (
  seq bigint primary key,
  request_id text not null,
  revision int not null,
  cause text not null,
  n int not null,
  -- RFC 8785 canonical JSON, the very bytes that are hashed: text, because jsonb would not keep them.
  body text not null,
  prev text not null unique,
  hash text not null unique,
  -- The seal is made with a key that isn't in this database. `seal_key` is the ID of that key.
  seal_key text not null,
  seal text not null,
  unique (request_id, revision),
  unique (request_id, cause, n),
  constraint event_from_one check (seq >= 1),
  constraint revision_from_one check (revision >= 1)
);
create index event_submitted on cmk.event (seq desc) where revision = 1;

create function cmk.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'cmk.% only grows: % is refused', tg_table_name, tg_op using errcode = 'insufficient_privilege';
end $$;
create trigger event_only_grows before update or delete on cmk.event
  for each row execute function cmk.refuse_change();
create trigger event_is_not_emptied before truncate on cmk.event
  for each statement execute function cmk.refuse_change();
create trigger head_stays before delete on cmk.chain_head
  for each row execute function cmk.refuse_change();
create trigger head_is_not_emptied before truncate on cmk.chain_head
  for each statement execute function cmk.refuse_change();

-- The head moves with inserted events only. The function runs as its owner, so that a user that can insert events doesn't need
-- permission to update the head.
create function cmk.follow_the_head() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
declare
  head cmk.chain_head;
begin
  select * into head from cmk.chain_head where one = 1 for update;
  if new.seq <> head.seq + 1 or new.prev <> head.hash
    or new.hash <> encode(sha256(convert_to(new.body, 'UTF8')), 'hex') then
    raise exception 'event % does not follow on the head of the chain, %', new.seq, head.seq
      using errcode = 'integrity_constraint_violation';
  end if;
  if new.revision <> 1 + (select coalesce(max(revision), 0) from cmk.event where request_id = new.request_id) then
    raise exception 'event % is not the next of %', new.seq, new.request_id using errcode = 'integrity_constraint_violation';
  end if;
  -- PostgreSQL looks into no JSON that holds an escaped NUL anywhere.
  update cmk.chain_head set seq = new.seq, hash = new.hash,
    time = replace(new.body, '\u0000', '\ufffd')::json ->> 'time' where one = 1;
  return new;
end $$;
create trigger event_follows_the_head before insert on cmk.event
  for each row execute function cmk.follow_the_head();

create function cmk.refuse_to_move_the_head() returns trigger language plpgsql as $$
begin
  if pg_trigger_depth() < 2 then
    raise exception 'cmk.chain_head moves with the events alone: UPDATE is refused' using errcode = 'insufficient_privilege';
  end if;
  return new;
end $$;
create trigger head_moves_with_events before update on cmk.chain_head
  for each row execute function cmk.refuse_to_move_the_head();

-- What people wrote: outside the chain, which holds a salted commitment to it, so that it can be erased.
create table cmk.free_text (
  request_id text not null,
  revision int not null,
  field text not null,
  salt text not null,
  text text not null,
  primary key (request_id, revision, field)
);

-- The only derived row that rules anything: at most one open request for each resource.
create table cmk.open_request (
  resource text primary key,
  request_id text not null
);
create index open_request_by_request on cmk.open_request (request_id);

-- Chat data: posted cards, conversations, people and forms. Each row has a seal, like an event. A row without a valid seal counts
-- as absent.

create table cmk.shown (
  request_id text not null,
  audience text not null,
  conversation_id text not null,
  activity_id text not null,
  fingerprint text not null,
  seal text not null,
  primary key (request_id, audience)
);

create sequence cmk.conversation_seen;
create table cmk.conversation (
  conversation_id text primary key,
  service_url text not null,
  tenant_id text not null,
  person_id text,
  seen bigint not null default nextval('cmk.conversation_seen'),
  seal text not null
);
create index conversation_by_tenant on cmk.conversation (tenant_id, seen desc);
create index conversation_by_person on cmk.conversation (person_id, seen desc) where person_id is not null;

create table cmk.person (
  id text primary key,
  member_id text not null,
  name text not null,
  seal text not null,
  -- Distinguishes people with the same name. Null: Teams didn't say it.
  address text,
  address_seal text
);
-- Finds similar names without reading all of them. The expression is that of store/people-and-conversations.ts, letter by letter.
create index person_by_look on cmk.person using hash (lower(regexp_replace(normalize(name, NFKC), '[\s\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180B-\u180F'
  || '\u200B-\u200F\u2028-\u202E\u2060-\u206F\u2800\u3164\uE000-\uF8FF\uFE00-\uFE0F\uFEFF\uFFA0]+', '', 'g')));

-- ETags come from a sequence, so that a document deleted and made again never has an old one.
create sequence cmk.document_etag;
create table cmk.document (
  key text primary key,
  -- JSON as text: jsonb refuses characters that JSON can hold.
  value text not null,
  etag bigint not null default nextval('cmk.document_etag'),
  changed_at timestamptz not null,
  seal_key text not null,
  seal text not null
);
create index document_changed on cmk.document (changed_at);

-- Responses of witnesses that were asked to sign the published log. A contradiction is kept until an operator clears it.
create table cmk.witness (
  -- The log's name: another log is another history.
  log text not null,
  -- The witness's whole verifier key: another key is another witness.
  key text not null,
  since timestamptz not null,
  asked_size bigint not null,
  asked_at timestamptz not null,
  outcome text not null,
  detail text not null,
  signed_size bigint,
  signed_at timestamptz,
  contradicted_at timestamptz,
  contradiction text,
  -- The checkpoint that it would not sign.
  shown text,
  cleared_at timestamptz,
  cleared_by text,
  -- Whether people were told of the contradiction, and not yet of its end.
  told boolean not null default false,
  -- Null only inside the transaction that writes the row.
  seal text,
  primary key (log, key)
);

-- What must follow from the events: jobs of pg-boss, whose tables its own migrations make. A claim without a sign of life for six
-- seconds is another worker's. Nothing that waits is ever deleted or given up. A job that waits already comes due when the earlier of
-- both would; only an expiry and its reminders are moved to their new time, or a changed plan would expire with the old one's.
create function cmk.add_jobs(
  ids text[], kinds text[], keys text[], times timestamptz[], traces text[], priorities int[], attempts int[] default null
) returns void language plpgsql as $$
begin
  insert into pgboss.job_common as job (name, data, singleton_key, start_after, keep_until, priority, policy,
      retry_limit, retry_delay, retry_backoff, heartbeat_seconds, expire_seconds)
    select 'work', jsonb_strip_nulls(jsonb_build_object('kind', kind, 'id', id, 'key', key, 'due', due, 'trace', trace, 'attempts', tries)),
      kind || '/' || id || '/' || key, due, due + interval '100 years', priority, 'stately',
      2000000000, 0, false, 6, case kind when 'run' then 2000000000 else 1800 end
    from unnest(ids, kinds, keys, times, traces, priorities, attempts) w (id, kind, key, due, trace, priority, tries)
    on conflict (name, state, (coalesce(singleton_key, ''))) where state <= 'active' and policy = 'stately'
    do update set data = job.data || excluded.data, start_after = case when excluded.data->>'kind' in ('expire', 'remind')
      then excluded.start_after else least(job.start_after, excluded.start_after) end, keep_until = excluded.keep_until;
end $$;

-- Stores a decision at the head that the program knows, or nothing. A function, because its statements are parsed and planned once
-- for each connection.

create function cmk.store(
  -- The head of the chain as the program knows it.
  head_seq bigint, head_hash text,
  seqs bigint[], request_ids text[], revisions int[], causes text[], ns int[], bodies text[], prevs text[], hashes text[],
  seal_keys text[], seals text[],
  text_requests text[], text_revisions int[], text_fields text[], text_salts text[], texts text[],
  -- What is held from now on, and what no longer.
  gained_resources text[], gained_by text[], lost_resources text[], lost_by text[],
  due_requests text[], due_kinds text[], due_keys text[], due_times timestamptz[], due_traces text[],
  due_priorities int[]
) returns boolean language plpgsql as $$
begin
  -- If the head moved, another process stored events.
  perform from cmk.chain_head where one = 1 and seq = head_seq and hash = head_hash for update;
  if not found then
    return false;
  end if;
  insert into cmk.event (seq, request_id, revision, cause, n, body, prev, hash, seal_key, seal)
    select * from unnest(seqs, request_ids, revisions, causes, ns, bodies, prevs, hashes, seal_keys, seals);
  if cardinality(texts) > 0 then
    insert into cmk.free_text (request_id, revision, field, salt, text)
      select * from unnest(text_requests, text_revisions, text_fields, text_salts, texts);
  end if;
  if cardinality(lost_resources) > 0 then
    delete from cmk.open_request o using unnest(lost_resources, lost_by) lost (resource, holder)
      where o.resource = lost.resource and o.request_id = lost.holder;
  end if;
  if cardinality(gained_resources) > 0 then
    insert into cmk.open_request (resource, request_id) select * from unnest(gained_resources, gained_by);
  end if;
  perform cmk.add_jobs(due_requests, due_kinds, due_keys, due_times, due_traces, due_priorities);
  return true;
end $$;
