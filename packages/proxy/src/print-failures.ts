import { toldToSeeLog } from './failures.ts'
import type { ProxyEvent } from './proxy-event.ts'
import { causesOf } from './redact.ts'

/** A failure that repeats would fill the log. Milliseconds. */
const sameFailureMs = 10_000
/** An error may quote what a stranger has sent. Characters. */
const longestLine = 500

/**
 * Listens where the application does not: prints the failures for which a browser is told to see the proxy's log, each in a
 * short line with the messages down the chain of its causes. The same failure, by what browsers are told of it, is printed once
 * in ten seconds, whatever it quotes.
 */
export function createFailurePrinter(): (event: ProxyEvent) => void {
  const printed = new Set<string>()
  let clearedAtMs = 0
  return event => {
    if (event.type !== 'request-failed' && event.type !== 'warm-failed' && event.type !== 'stop-failed') return
    const told = toldToSeeLog(event.cause)
    if (!told) return
    const failed = `warm-agent: ${event.type}${'route' in event ? `, route ${event.route}` : ''}`
    const failure = `${failed}: ${told}`
    if (event.atMs - clearedAtMs >= sameFailureMs) {
      printed.clear()
      clearedAtMs = event.atMs
    }
    if (printed.has(failure)) return
    printed.add(failure)
    const line = `${failed}: ${causesOf(event.cause).join(' <- ')}`.replace(/[\s\p{Cc}]+/gu, ' ')
    // biome-ignore lint/suspicious/noConsole: there is nobody else to tell.
    console.error(line.length > longestLine ? `${line.slice(0, longestLine - 1)}…` : line)
  }
}
