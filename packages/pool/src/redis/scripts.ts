/**
 * What the store does inside Redis, each script one atomic step. KEYS stand in the order of {@link keyNames}; all of them
 * lie in one slot of a cluster.
 */
export const keyNames = [
  'ready', // sorted set: JSON by birth. Whoever pops it has claimed it
  'entries', // hash: id to the same JSON; and of those claimed, until `join` clears them away
  'warming', // hash: id to JSON
  'old', // hash: id to JSON
  'stopping', // hash: id to JSON
  'claimed', // sorted set: the last ids that were handed out, by time
  'members', // sorted set: member by the time at which it counts as dead
  'versions', // hash: member to its version
  'ranks', // hash: version to the turn in which it came
  'current', // the version that is handed out
  'tending', // the member that tends the pool; ends with its lease
  'fence', // the last fence that was given
  'revision', // counts changes, other than claims
  'claims', // counts the claims that were cleared away
  'run', // the run of the Redis server that all this was written in
] as const

export type KeyName = (typeof keyNames)[number]

const head = headOf(keyNames)

function headOf(names: readonly KeyName[]): string {
  return names.map((name, index) => `local ${name} = KEYS[${index + 1}]`).join('\n')
}

/**
 * A Redis that was restarted, or a replica that took over, may have forgotten the last moments: sessions that were claimed
 * then look ready again. None of them is handed out twice: what may have been claimed is forgotten, and idles out. What was
 * taken out to be stopped can still be stopped.
 */
const forgetUnsure = `
local function forgetUnsure(runNow)
  if redis.call('GET', run) == runNow then return end
  local time = redis.call('TIME')
  redis.call('DEL', ready, entries, warming, tending)
  redis.call('SET', revision, string.format('%.0f', time[1] * 1000000 + time[2]))
  redis.call('SET', run, runNow)
end`

/** The JSON of a session that can be claimed, as it stands in `ready`. */
const readyJson = `
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

/** ARGV: the run id. */
export const recoverScript = `${head}${forgetUnsure}
forgetUnsure(ARGV[1])
return 1`

export const scripts = {
  /** The whole of a claim, as short as can be: users wait for it. @returns an entry that nobody else will get, or nil. */
  claim: `
return redis.call('ZPOPMIN', ready)[1]`,

  /** ARGV: ids that were claimed and are of no use. */
  reject: `
for _, id in ipairs(ARGV) do
  if redis.call('ZREM', claimed, id) == 1 then redis.call('DECR', claims) else redis.call('HDEL', entries, id) end
end
redis.call('INCR', revision)
return 1`,

  /** ARGV: member, version, tends, leaseMs. @returns fence or nil, isCurrent, revision, claims, other members. */
  join: `${forgetUnsure}${readyJson}
local isTold, info = pcall(redis.call, 'INFO', 'server')
local runNow = isTold and string.match(info, 'run_id:(%w+)')
if runNow then forgetUnsure(runNow) end

local member, version, tends, leaseMs = ARGV[1], ARGV[2], ARGV[3] == '1', ARGV[4]
local time = redis.call('TIME')
local nowMs = math.floor(time[1] * 1000 + time[2] / 1000)
for _, dead in ipairs(redis.call('ZRANGEBYSCORE', members, '-inf', nowMs)) do
  redis.call('ZREM', members, dead)
  redis.call('HDEL', versions, dead)
end
redis.call('ZADD', members, nowMs + leaseMs, member)
redis.call('HSET', versions, member, version)

local isAlive = {}
for _, each in ipairs(redis.call('HVALS', versions)) do isAlive[each] = true end
local last, newest = 0, version
local ranked = redis.call('HGETALL', ranks)
for index = 1, #ranked, 2 do
  local rank = tonumber(ranked[index + 1])
  if not isAlive[ranked[index]] then redis.call('HDEL', ranks, ranked[index])
  elseif rank > last then last, newest = rank, ranked[index] end
end
if redis.call('HEXISTS', ranks, version) == 0 then
  redis.call('HSET', ranks, version, last + 1)
  newest = version
end
if redis.call('GET', current) ~= newest then
  redis.call('SET', current, newest)
  redis.call('DEL', tending)
  for _, id in ipairs(redis.call('HKEYS', entries)) do
    local json = readyJson(id)
    if json then
      redis.call('HSET', old, id, json)
      redis.call('HDEL', entries, id)
    end
  end
  redis.call('DEL', ready)
  redis.call('INCR', revision)
end

local isCurrent = version == newest
local holder = redis.call('GET', tending)
if not holder and tends and isCurrent then
  local last = tonumber(redis.call('GET', fence) or '0')
  redis.call('SET', fence, string.format('%.0f', math.max(last + 1, time[1] * 1000000 + time[2])))
  redis.call('SET', tending, member, 'PX', leaseMs)
  holder = member
elseif holder == member then
  redis.call('PEXPIRE', tending, leaseMs)
end

local fresh = redis.call('HLEN', entries) - redis.call('ZCARD', ready)
if holder == member and fresh > 0 then
  for _, id in ipairs(redis.call('HKEYS', entries)) do
    if not readyJson(id) then
      redis.call('HDEL', entries, id)
      redis.call('ZADD', claimed, nowMs, id)
    end
  end
  redis.call('INCRBY', claims, fresh)
  redis.call('ZREMRANGEBYRANK', claimed, 0, -10001)
  fresh = 0
end
local allClaims = (redis.call('GET', claims) or 0) + fresh
return {
  holder == member and redis.call('GET', fence),
  isCurrent and 1 or 0,
  (redis.call('GET', revision) or 0) + allClaims,
  allClaims,
  redis.call('ZCARD', members) - 1,
}`,

  /** ARGV: member. */
  leave: `
redis.call('ZREM', members, ARGV[1])
redis.call('HDEL', versions, ARGV[1])
if redis.call('GET', tending) == ARGV[1] then redis.call('DEL', tending) end
return 1`,

  /** ARGV: id, birth, version, JSON. */
  giveBack: `${put}${readyJson}
if redis.call('ZREM', claimed, ARGV[1]) == 1 then
  redis.call('DECR', claims)
elseif redis.call('HEXISTS', entries, ARGV[1]) == 0 or readyJson(ARGV[1]) then
  return 0
end
redis.call('HDEL', entries, ARGV[1])
put(ARGV[1], ARGV[2], ARGV[3], ARGV[4])
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

  /** @returns four lists of JSON: ready, warming, old, stopping. */
  entries: `
return {
  redis.call('ZRANGE', ready, 0, -1), redis.call('HVALS', warming), redis.call('HVALS', old), redis.call('HVALS', stopping),
}`,
} as const

export type ScriptName = keyof typeof scripts

/** @param owner Makes the script's hash this pool's own: see run-scripts.ts. */
/** A claim is what users wait for: it is sent no key that it does not need. */
export function keysOf(name: ScriptName): readonly KeyName[] {
  return name === 'claim' ? ['ready'] : keyNames
}

export function textOf(name: ScriptName, owner: string): string {
  return `-- ${owner}\n${headOf(keysOf(name))}\n${scripts[name]}`
}
