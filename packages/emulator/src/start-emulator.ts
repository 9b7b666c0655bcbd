import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createBooks, type Ledger, type VmRecord } from './books.ts'
import { bootSampler } from './boot.ts'
import { createDataPlane } from './data-plane.ts'
import { EmulatorError } from './emulator-error.ts'
import { createEmit } from './events.ts'
import { type EmulatorOptions, readOptions, regionOf, type Settings } from './options.ts'
import { createProcessEngine } from './process-engine.ts'
import { createSessions } from './sessions.ts'

/** AgentCore's data plane, listening on this machine. */
export interface Emulator {
  readonly url: string
  /** What to set in a process so that its AWS SDK, in any language, talks to this emulator. */
  readonly env: Readonly<
    Record<
      | 'AWS_ENDPOINT_URL_BEDROCK_AGENTCORE'
      | 'AWS_REGION'
      | 'AGENT_RUNTIME_ARN'
      | 'AWS_ACCESS_KEY_ID'
      | 'AWS_SECRET_ACCESS_KEY',
      string
    >
  >
  /** The VMs that have not ended. Also `GET /_emulator/sessions`. */
  sessions(): VmRecord[]
  /** Every VM that ever was. Also `GET /_emulator/ledger`. */
  ledger(): Ledger
  /** Ends every session and stops listening. Resolves when no agent is left; safe to call twice. */
  close(): Promise<void>
}

/** How long an unused connection is kept. Longer than clients do, so that none is closed while it is used again. */
const keepAliveMs = 350_000

/**
 * Starts an emulator.
 * Rejects with an {@link EmulatorError} when an option makes no sense, or when it cannot listen.
 */
export async function startEmulator(options: EmulatorOptions): Promise<Emulator> {
  const settings = readOptions(options)
  const { arn, clock, agentReadyTimeoutMs } = settings
  const books = createBooks()
  const emit = createEmit(settings.onEvent)
  const engine = createProcessEngine(settings.agent, settings.agentOutput)
  const sessions = createSessions({
    books,
    engine,
    clock,
    emit,
    agentReadyTimeoutMs,
    limits: { idleMs: settings.idleSeconds * 1_000, maxLifetimeMs: settings.maxLifetimeSeconds * 1_000 },
    drawDelayMs: bootSampler(settings.boot, settings.seed),
  })
  const server = createServer(createDataPlane({ arn, sessions, books, clock, emit }))
  server.keepAliveTimeout = keepAliveMs
  const url = await listen(server, settings)
  let closing: Promise<void> | undefined

  async function shutDown(): Promise<void> {
    const closed = once(server, 'close')
    server.close()
    await sessions.close()
    server.closeAllConnections()
    await closed
    await engine.close()
  }

  return {
    url,
    env: {
      AWS_ENDPOINT_URL_BEDROCK_AGENTCORE: url,
      AWS_REGION: regionOf(arn),
      AGENT_RUNTIME_ARN: arn,
      AWS_ACCESS_KEY_ID: 'emulator',
      AWS_SECRET_ACCESS_KEY: 'emulator-secret',
    },
    sessions: books.live,
    ledger: () => books.ledger(clock.now()),
    close() {
      closing ??= shutDown()
      return closing
    },
  }
}

/** @returns the URL under which this machine reaches it. */
async function listen(server: Server, { host, port }: Settings): Promise<string> {
  try {
    await once(server.listen(port, host), 'listening')
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    throw code === 'EADDRINUSE'
      ? new EmulatorError(
          'port_in_use',
          `Could not start the emulator: port ${port} of ${host} is in use. Choose another one, or stop what listens there.`,
          { cause },
        )
      : new EmulatorError(
          'cannot_listen',
          `Could not start the emulator: listening on ${host}:${port} failed (${message}). Choose another host or port.`,
          { cause },
        )
  }
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${(server.address() as AddressInfo).port}`
}
