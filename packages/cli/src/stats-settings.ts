import type { Authorize, ProxyEvent } from '@warm-agent/proxy'
import { createStats, withHoldOut } from '@warm-agent/proxy/stats'
import { serveStats } from './serve-stats.ts'
import { decimal, integer, setting, type Values } from './settings.ts'

export const statsSettings = {
  'warm-agent-admin-port': setting(
    'PORT',
    'what warming is worth: / for people, /stats in JSON; a port of its own, for nobody outside',
    integer(0, 65_535, undefined),
    { variable: 'WARM_AGENT_ADMIN_PORT', defaultText: 'none' },
  ),
  'warm-agent-admin-host': setting('HOST', 'where that port listens', text => text ?? '127.0.0.1', {
    variable: 'WARM_AGENT_ADMIN_HOST',
    defaultText: '127.0.0.1',
  }),
  'warm-agent-hold-out': setting(
    'SHARE',
    'callers who are not warmed, for a fair comparison: 0.05 is one in twenty',
    decimal(0, 1),
    { variable: 'WARM_AGENT_HOLD_OUT', defaultText: '0' },
  ),
}

/** What the settings about statistics add to the proxy. */
export function statsFrom(values: Values<typeof statsSettings>) {
  const { 'warm-agent-admin-port': port, 'warm-agent-admin-host': host, 'warm-agent-hold-out': share = 0 } = values
  const stats = port === undefined ? undefined : createStats()
  return {
    onEvent: (event: ProxyEvent) => stats?.onEvent(event),
    holdOut: (authorize: Authorize): Authorize => (share > 0 ? withHoldOut(authorize, { share }) : authorize),
    /** @returns a line that says where, or nothing when there is no such port. */
    async listen(): Promise<string> {
      if (!stats || port === undefined) return ''
      return `warm-agent statistics: ${(await serveStats(stats, { port, host })).origin}/stats\n`
    },
  }
}
