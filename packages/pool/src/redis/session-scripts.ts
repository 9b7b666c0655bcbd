import { onlySure } from './reign.ts'

/** The whole of a claim, as short as can be: users wait for it. @returns an entry that nobody else will get, or nil. */
export const claimScript = `${onlySure}
return redis.call('ZPOPMIN', ready)[1]`

/** The JSON of a session that can be claimed, as it stands in `ready`. */
export const readyJson = `
local function readyJson(id)
  local json = redis.call('HGET', entries, id)
  return json and redis.call('ZSCORE', ready, json) and json
end`

const put = `
local function put(id, bornAtMs, version, json)
  if version == redis.call('GET', current) then
    redis.call('ZADD', ready, bornAtMs, json)
    redis.call('HSET', entries, id, json)
  else
    redis.call('HSET', old, id, json)
  end
  redis.call('INCR', revision)
end`

/** What is done to sessions, each script one atomic step. */
export const sessionScripts = {
  /** ARGV: ids that were claimed and are of no use. */
  reject: `
for _, id in ipairs(ARGV) do
  if redis.call('ZREM', claimed, id) == 1 then redis.call('DECR', claims) else redis.call('HDEL', entries, id) end
end
-- Twice each, for the claims that are not counted any longer: a revision never comes back.
redis.call('INCRBY', revision, 2 * #ARGV)
return 1`,

  /** ARGV: id, birth, version, JSON, and the call's own name: sent again, it may find the session with the next claimer. */
  giveBack: `${put}${readyJson}
local time = redis.call('TIME')
if redis.call('ZADD', givenBack, 'NX', time[1] * 1000 + math.floor(time[2] / 1000), ARGV[5]) == 0 then return 0 end
redis.call('ZREMRANGEBYRANK', givenBack, 0, -1001)
if redis.call('ZREM', claimed, ARGV[1]) == 1 then
  redis.call('DECR', claims)
elseif redis.call('HEXISTS', entries, ARGV[1]) == 0 or readyJson(ARGV[1]) then
  return 0
end
redis.call('HDEL', entries, ARGV[1])
put(ARGV[1], ARGV[2], ARGV[3], ARGV[4])
-- Once more for the claim that is not counted any longer: a revision never comes back.
redis.call('INCR', revision)
return 1`,

  /** ARGV: fence, then id and JSON of each. @returns whether the fence is the newest. */
  begin: `
if redis.call('GET', fence) ~= ARGV[1] then return 0 end
for index = 2, #ARGV, 2 do redis.call('HSET', warming, ARGV[index], ARGV[index + 1]) end
redis.call('INCR', revision)
return 1`,

  /** ARGV: fence, id, birth, version, JSON. */
  add: `${put}
local id = ARGV[2]
if redis.call('ZSCORE', claimed, id) or redis.call('HEXISTS', entries, id) == 1 then return 'held' end
if redis.call('HEXISTS', old, id) + redis.call('HEXISTS', stopping, id) > 0 then return 'held' end
if redis.call('HEXISTS', warming, id) == 0 then return 'unknown' end
if redis.call('GET', fence) ~= ARGV[1] then return 'held' end
redis.call('HDEL', warming, id)
put(id, ARGV[3], ARGV[4], ARGV[5])
return 'added'`,

  /** ARGV: id and JSON of each. */
  update: `${readyJson}
for index = 1, #ARGV, 2 do
  local json = readyJson(ARGV[index])
  if json then
    local bornAtMs = redis.call('ZSCORE', ready, json)
    redis.call('ZREM', ready, json)
    redis.call('ZADD', ready, bornAtMs, ARGV[index + 1])
    redis.call('HSET', entries, ARGV[index], ARGV[index + 1])
  end
end
redis.call('INCR', revision)
return 1`,

  /** ARGV: fence, then ids. @returns those that were there. */
  retire: `${readyJson}
local taken = {}
if redis.call('GET', fence) ~= ARGV[1] then return taken end
for index = 2, #ARGV do
  local id = ARGV[index]
  local json = readyJson(id)
  if json then
    redis.call('ZREM', ready, json)
    redis.call('HDEL', entries, id)
  end
  for _, key in ipairs({warming, old, stopping}) do
    json = json or redis.call('HGET', key, id)
    redis.call('HDEL', key, id)
  end
  if json then
    redis.call('HSET', stopping, id, json)
    taken[#taken + 1] = id
  end
end
redis.call('INCR', revision)
return taken`,

  /** ARGV: ids. */
  forget: `
for _, id in ipairs(ARGV) do
  for _, key in ipairs({warming, old, stopping}) do redis.call('HDEL', key, id) end
end
redis.call('INCR', revision)
return 1`,

  /** ARGV: values that are no session. The revision stays: nobody has seen a session in them. */
  discard: `
local isUnreadable = {}
for _, json in ipairs(ARGV) do
  isUnreadable[json] = true
  redis.call('ZREM', ready, json)
end
for _, key in ipairs({entries, warming, old, stopping}) do
  local fields = redis.call('HGETALL', key)
  for index = 1, #fields, 2 do
    if isUnreadable[fields[index + 1]] then redis.call('HDEL', key, fields[index]) end
  end
end
return 1`,

  /** @returns four lists of JSON: ready, warming, old, stopping. */
  entries: `
return {
  redis.call('ZRANGE', ready, 0, -1), redis.call('HVALS', warming), redis.call('HVALS', old), redis.call('HVALS', stopping),
}`,
}
