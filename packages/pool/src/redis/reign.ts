/**
 * A Redis that was restarted, or a replica that took over, may have forgotten the last moments: sessions that were claimed
 * then look ready again. None of them is handed out twice: what may have been claimed is forgotten, and idles out. What was
 * taken out to be stopped can still be stopped. Each member knows itself which of its claims it has told of.
 *
 * Whenever that happens the server gives itself a new `master_replid`, also when it led before, and knows all scripts still.
 * It does so too for its first replica, which a backup may be: nothing else has changed then, and nothing is forgotten.
 */
export const forgetUnsure = `
local function ask(section, pattern)
  local told = redis.pcall('INFO', section)
  return string.match(type(told) == 'string' and told or '', pattern)
end
local id, before, since = ask('replication',
  '(master_replid:%w+).-master_replid2:(%w+).-second_repl_offset:(%S+)')
if redis.call('GET', replid) ~= id then
  local run = ask('server', 'run_id:(%w+)')
  if not (run and id) then
    error('Could not use the pool: Redis does not tell its run_id and master_replid. Let the client run INFO.', 0)
  end
  local now = run .. ' ' .. before .. ' ' .. since
  if redis.call('GET', reign) ~= now then
    local time = redis.call('TIME')
    redis.call('DEL', ready, entries, warming, tending, counts, told)
    redis.call('SET', revision, string.format('%.0f', time[1] * 1000000 + time[2]))
    redis.call('SET', reign, now)
  end
  redis.call('SET', replid, id)
end`

/** A claim does not wait for that: it gives nothing, and the next script of anybody forgets. */
export const onlySure = `
local known = redis.call('GET', replid)
if not known or not string.find(redis.call('INFO', 'replication'), known, 1, true) then return end`
