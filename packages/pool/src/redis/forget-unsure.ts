import { headOf, keyNames } from './keys.ts'

/**
 * A Redis that was restarted, or a replica that took over, may have forgotten the last moments: sessions that were claimed
 * then look ready again. None of them is handed out twice: what may have been claimed is forgotten, and idles out. What was
 * taken out to be stopped can still be stopped. Each member knows itself which of its claims it has told of.
 */
export const forgetUnsure = `
local function forgetUnsure(runNow)
  if redis.call('GET', run) == runNow then return end
  local time = redis.call('TIME')
  redis.call('DEL', ready, entries, warming, tending, counts, told)
  redis.call('SET', revision, string.format('%.0f', time[1] * 1000000 + time[2]))
  redis.call('SET', run, runNow)
end`

/** ARGV: the run id. */
export const recoverScript = `${headOf(keyNames)}${forgetUnsure}
forgetUnsure(ARGV[1])
return 1`
