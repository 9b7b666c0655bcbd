/**
 * Redis runs a script as one step, so what a script reads cannot change before it writes. All keys of one ledger share a
 * hash tag, so that they lie on one node of a cluster.
 */

/**
 * KEYS: entry, index, fence. ARGV: version before, entry, member of the index, when it is due or '', milliseconds to
 * keep it, fencing token or ''. What is no entry counts as none, and is written over.
 */
export const writeScript = `
if ARGV[6] ~= '' and redis.call('GET', KEYS[3]) ~= ARGV[6] then return {'stale', ''} end
local current = redis.call('GET', KEYS[1])
local isJson, entry = pcall(cjson.decode, current or '')
local isEntry = isJson and type(entry) == 'table' and type(entry.session) == 'table' and entry.session.id
local version = isEntry and tonumber(entry.version) or 0
if version ~= tonumber(ARGV[1]) then return {'changed', current or ''} end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[5])
if ARGV[4] == '' then redis.call('ZREM', KEYS[2], ARGV[3]) else redis.call('ZADD', KEYS[2], ARGV[4], ARGV[3]) end
return {'written', ''}`

/** KEYS: index. ARGV: highest score, how many, or -1 for all. */
export const dueScript = `
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])`

/** KEYS: index, then entries. ARGV: their members. Forgets the members whose entries are gone. */
export const readScript = `
local found = {}
for at = 2, #KEYS do
  local entry = redis.call('GET', KEYS[at])
  if entry then found[#found + 1] = entry else redis.call('ZREM', KEYS[1], ARGV[at - 1]) end
end
return found`

/** KEYS: leader, fence. ARGV: instance, milliseconds. The token outlives the leadership: the next leader gets a higher one. */
export const leadScript = `
local leader = redis.call('GET', KEYS[1])
if leader and leader ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
if leader and redis.call('EXISTS', KEYS[2]) == 1 then return tonumber(redis.call('GET', KEYS[2])) end
return redis.call('INCR', KEYS[2])`

/** KEYS: leader. ARGV: instance. */
export const resignScript = `
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 0`
