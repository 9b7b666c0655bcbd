import { isForLog } from './failures.ts'
import type { ProxyEvent } from './proxy-event.ts'
import { causesOf } from './redact.ts'

/** A failure that repeats would fill the log. Milliseconds. */
const sameLineMs = 10_000

/**
 * Listens where the application does not: prints the failures for which a browser is told to see the proxy's log, each in a
 * line with the messages down the chain of its causes, and the same line once in ten seconds.
 */
export function createFailurePrinter(): (event: ProxyEvent) => void {
  const printed = new Set<string>()
  let clearedAtMs = 0
  return event => {
    if (event.type !== 'request-failed' && event.type !== 'warm-failed' && event.type !== 'stop-failed') return
    if (!isForLog(event.cause)) return
    const at = 'route' in event ? `, route ${event.route}` : ''
    const line = `warm-agent: ${event.type}${at}: ${causesOf(event.cause).join(' <- ')}`.replace(/\s+/g, ' ')
    if (event.atMs - clearedAtMs >= sameLineMs) {
      printed.clear()
      clearedAtMs = event.atMs
    }
    if (printed.has(line)) return
    printed.add(line)
    // biome-ignore lint/suspicious/noConsole: there is nobody else to tell.
    console.error(line)
  }
}
