import { readyJson } from './session-scripts.ts'

/** Members whose lease has ended are gone. */
const bury = `
local function bury(nowMs)
  for _, dead in ipairs(redis.call('ZRANGEBYSCORE', members, '-inf', nowMs)) do
    redis.call('ZREM', members, dead)
    redis.call('HDEL', versions, dead)
    redis.call('HDEL', told, dead .. ' arrivals', dead .. ' misses')
  end
end`

/**
 * Adds what a member counted since it was heard last. It says what it counted in all, and what it knows to have arrived: a
 * call that is made again adds nothing, and neither does a member that was taken for dead and comes back.
 */
const hear = `
local function hear(member, name, count, heard)
  local known = redis.call('HGET', told, member .. ' ' .. name) or heard
  redis.call('HSET', told, member .. ' ' .. name, count)
  return redis.call('HINCRBY', counts, name, math.max(0, count - known))
end`

/** The version that came last, of those that a living member has. What is of another one is not handed out any more. */
const elect = `
local function elect(version)
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
  if redis.call('GET', current) == newest then return newest end
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
  return newest
end`

/** Notes what was claimed since the last time: a claim itself has no time for that. */
const clearClaimed = `
local function clearClaimed(nowMs, fresh)
  for _, id in ipairs(redis.call('HKEYS', entries)) do
    if not readyJson(id) then
      redis.call('HDEL', entries, id)
      redis.call('ZADD', claimed, nowMs, id)
    end
  end
  redis.call('INCRBY', claims, fresh)
  redis.call('ZREMRANGEBYRANK', claimed, 0, -10001)
end`

/**
 * ARGV: member, version, tends, leaseMs, its arrivals and those that were heard, its misses and those that were heard.
 *
 * @returns fence or nil, isCurrent, revision, claims, other members, arrivals and misses of all.
 */
export const joinScript = `${readyJson}${bury}${hear}${elect}${clearClaimed}
local member, version, tends, leaseMs = ARGV[1], ARGV[2], ARGV[3] == '1', ARGV[4]
local time = redis.call('TIME')
local nowMs = math.floor(time[1] * 1000 + time[2] / 1000)
bury(nowMs)
redis.call('ZADD', members, nowMs + leaseMs, member)
redis.call('HSET', versions, member, version)
local arrivals = hear(member, 'arrivals', ARGV[5], ARGV[6])
local misses = hear(member, 'misses', ARGV[7], ARGV[8])

local isCurrent = version == elect(version)
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
  clearClaimed(nowMs, fresh)
  fresh = 0
end
local allClaims = (redis.call('GET', claims) or 0) + fresh
return {
  holder == member and redis.call('GET', fence),
  isCurrent and 1 or 0,
  (redis.call('GET', revision) or 0) + allClaims,
  allClaims,
  redis.call('ZCARD', members) - 1,
  arrivals,
  misses,
}`

/** ARGV: member. */
export const leaveScript = `
redis.call('ZREM', members, ARGV[1])
redis.call('HDEL', versions, ARGV[1])
redis.call('HDEL', told, ARGV[1] .. ' arrivals', ARGV[1] .. ' misses')
if redis.call('GET', tending) == ARGV[1] then redis.call('DEL', tending) end
return 1`
