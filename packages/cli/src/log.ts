import type { EndpointEvent } from '@warm-agent/agentcore'
import type { PoolEvent } from '@warm-agent/pool'
import type { ProxyEvent } from '@warm-agent/proxy'
import { causesOf } from '@warm-agent/proxy/runtime-kit'
import { destination, pino } from 'pino'

export interface Log {
  warn(message: string): void
  /** @param reason Why a caller's token was refused. It quotes nothing of the token. */
  tokenRefused(reason: string): void
  proxyEvent(event: ProxyEvent): void
  endpointEvent(event: EndpointEvent): void
  poolEvent(event: PoolEvent): void
}

/** Lines of JSON on stderr; stdout is for what the command answers. */
export function createLog(): Log {
  const lines = destination(2)
  // A full disk is no reason to stop serving.
  lines.on('error', () => {})
  const logger = pino({ base: undefined, timestamp: pino.stdTimeFunctions.isoTime }, lines)
  return {
    warn: message => logger.warn(message),
    tokenRefused: reason => logger.info({ reason }, 'token-refused'),
    endpointEvent: ({ type, qualifier }) => logger[type === 'endpoint-opened' ? 'warn' : 'info']({ qualifier }, type),
    proxyEvent({ type, atMs, ...details }) {
      if (!('cause' in details)) return logger.info(details, type)
      const { cause, ...rest } = details
      const isOurs = type === 'stop-failed' || ('code' in rest && rest.code === 'internal')
      logger[isOurs ? 'error' : 'warn']({ ...rest, causes: causesOf(cause) }, type)
    },
    poolEvent({ type, atMs, ...details }) {
      const { cause, error = cause, ...rest } = details as { cause?: unknown; error?: unknown }
      // The cause of a miss is a word, that of any other event an error.
      const why = typeof cause === 'string' ? { cause } : {}
      if (error instanceof Error) return logger.warn({ ...rest, ...why, causes: causesOf(error) }, `pool ${type}`)
      logger[type === 'alarm-raised' ? 'warn' : 'info']({ ...rest, ...why }, `pool ${type}`)
    },
  }
}
