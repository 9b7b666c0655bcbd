import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { regionOf } from './arn.ts'
import type { TokenRequest } from './auth/token-issuer.ts'
import type { Ledger, VmEntry } from './books.ts'
import type { Chaos } from './chaos/create-chaos.ts'
import { createHttpFace } from './create-http-face.ts'
import { EmulatorError } from './emulator-error.ts'
import { type EmulatorOptions, readOptions, type Settings } from './options.ts'
import { createPlatformCore, type Update } from './platform-core.ts'

/** AgentCore's data plane, listening on this machine. */
export interface Emulator {
  readonly url: string
  /** Where everything under `/_emulator/` is: `url`, unless there is an `adminPort`. */
  readonly adminUrl: string
  /**
   * What to set in a process so that its AWS SDK, in any language, talks to this emulator. `AWS_PROFILE` must not be set
   * there: the SDK for JavaScript prefers it to these credentials.
   */
  readonly env: Readonly<
    Record<
      | 'AWS_ENDPOINT_URL_BEDROCK_AGENTCORE'
      | 'AWS_REGION'
      | 'AWS_DEFAULT_REGION'
      | 'AGENT_RUNTIME_ARN'
      | 'AWS_ACCESS_KEY_ID'
      | 'AWS_SECRET_ACCESS_KEY',
      string
    >
  >
  /** The VMs that have not ended. Also `GET /_emulator/sessions`. */
  sessions(): VmEntry[]
  /** Every VM that ever was. Also `GET /_emulator/ledger`. */
  ledger(): Ledger
  /** Deploys a new version of the agent: live sessions keep theirs. @returns its number, counted from 1 */
  update(update?: Update): number
  /** What goes wrong, to be changed while it runs. Also `/_emulator/chaos`. */
  readonly chaos: Chaos
  /** A token of the emulator's own identity provider, for `auth: 'oauth'`. Also `POST /_emulator/oauth/token`. */
  issueToken(token?: TokenRequest): Promise<string>
  /** Ends every session and stops listening. Resolves when no agent is left; safe to call twice. */
  close(): Promise<void>
}

/** How long an unused connection is kept. Longer than clients do, so that none is closed while it is used again. */
const keepAliveMs = 350_000

/**
 * All headers of a request together, in bytes. Node's own limit of 16 KB is less than what the platform passes on:
 * twenty custom headers of 4 KB, twenty of an allowlist, a baggage of 8 KB, and a token.
 */
const largestHead = 262_144

/**
 * Starts an emulator.
 * Rejects with an {@link EmulatorError} when an option makes no sense, or when it cannot listen.
 */
export async function startEmulator<State = unknown>(options: EmulatorOptions<State>): Promise<Emulator> {
  const settings = readOptions(options)
  const { arn, platform, agent, agentOutput, wire } = settings
  const { clock } = platform
  const core = createPlatformCore(agent, platform, agentOutput)
  const { sessions, books } = core
  let adminUrl = ''
  const face = createHttpFace({ settings, core, adminUrl: () => adminUrl })
  const server = createServer({ maxHeaderSize: largestHead }, face.onRequest).on('upgrade', face.webSockets.onUpgrade)
  server.keepAliveTimeout = keepAliveMs
  const url = await listen(server, settings)
  const adminServer = wire.adminPort === undefined ? undefined : createServer(face.onAdminRequest)
  adminUrl = url
  if (adminServer) {
    adminUrl = await listen(adminServer, { ...settings, port: wire.adminPort ?? 0 }).catch(async error => {
      server.close()
      await core.close()
      throw error
    })
  }
  let closing: Promise<void> | undefined

  async function shutDown(): Promise<void> {
    const closed = once(server, 'close')
    server.close()
    await sessions.close()
    server.closeAllConnections()
    face.webSockets.close()
    await closed
    if (adminServer) {
      adminServer.close()
      adminServer.closeAllConnections()
    }
    await core.close()
  }

  if (settings.tryAgent)
    await core.tryAgent().catch(async cause => {
      await shutDown()
      const why = cause instanceof Error ? cause.message : String(cause)
      throw new EmulatorError(
        'agent_did_not_start',
        `Could not start the agent with "${agent}": ${why}. Give a command that serves GET /ping on the port in PORT.`,
        { cause },
      )
    })

  return {
    url,
    adminUrl,
    env: {
      AWS_ENDPOINT_URL_BEDROCK_AGENTCORE: url,
      AWS_REGION: regionOf(arn),
      // The only one of the two that boto3 reads.
      AWS_DEFAULT_REGION: regionOf(arn),
      AGENT_RUNTIME_ARN: arn,
      AWS_ACCESS_KEY_ID: wire.credentials[0].accessKeyId,
      AWS_SECRET_ACCESS_KEY: wire.credentials[0].secretAccessKey,
    },
    sessions: () => books.live(clock.now()),
    ledger: () => books.ledger(clock.now()),
    update: core.update,
    chaos: face.chaos,
    issueToken: face.tokens.issue,
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
