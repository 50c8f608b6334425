-- What was decided is stored at the head that the program knows, or not at all: one statement, which is a transaction of its own. A
-- function, because its statements are read and planned once for each connection.

create function cmk.store(
  -- The head of the chain as the program knows it.
  head_seq bigint, head_hash text,
  -- What this clock has to be; null: it is not asked.
  no_earlier timestamptz, no_later timestamptz,
  -- Who holds what, as the program knows it.
  known_resources text[], known_holders text[],
  seqs bigint[], request_ids text[], revisions int[], causes text[], ns int[], bodies text[], prevs text[], hashes text[],
  seal_keys text[], seals text[],
  text_requests text[], text_revisions int[], text_fields text[], text_salts text[], texts text[],
  -- What is held from now on, and what no longer.
  gained_resources text[], gained_by text[], lost_resources text[], lost_by text[],
  due_requests text[], due_kinds text[], due_keys text[], due_times timestamptz[], due_traces text[]
) returns boolean language plpgsql as $$
begin
  -- Had it moved, somebody else would have stored something; while it is locked, nobody does.
  perform from cmk.chain_head where one = 1 and seq = head_seq and hash = head_hash for update;
  if not found or clock_timestamp() < no_earlier or clock_timestamp() > no_later then
    return false;
  end if;
  if cardinality(known_resources) > 0 and exists (
    select from unnest(known_resources, known_holders) known (resource, holder)
      left join cmk.open_request o on o.resource = known.resource where o.request_id is distinct from known.holder) then
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
  -- A row that is there already gets a new version, and comes due when the earlier of both would; only an expiry and its reminders
  -- are moved to their new time, or a changed plan would expire with the old one's.
  insert into cmk.outbox (request_id, kind, key, due_at, traceparent)
    select * from unnest(due_requests, due_kinds, due_keys, due_times, due_traces)
    on conflict (request_id, kind, key) do update set version = excluded.version, traceparent = excluded.traceparent,
      due_at = case when excluded.kind in ('expire', 'remind') then excluded.due_at else least(outbox.due_at, excluded.due_at) end;
  return true;
end $$;
