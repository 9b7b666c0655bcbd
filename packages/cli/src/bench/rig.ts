import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAgentCoreRuntime } from '@warm-agent/agentcore'
import type { EmulatorOptions } from '@warm-agent/emulator'
import { defaultBasePath } from '@warm-agent/protocol'
import { createWarmProxy, type RuntimeSession } from '@warm-agent/proxy'
import { toNodeHandler } from '@warm-agent/proxy/node'
import { startAgent } from '../start-agent.ts'
import { type BenchPool, startBenchPool } from './bench-pool.ts'
import { createSdkCaller, type SdkCaller } from './sdk-caller.ts'
import { createSessionBooks, type SessionBooks } from './session-books.ts'
import { createVisitor, type Visitor } from './visitor.ts'

/** What is measured: a runtime that the AWS SDK reaches, or an emulator that the bench starts. */
export interface Target {
  arn: string | undefined
  qualifiers: readonly string[] | undefined
  /** The agent to run in an emulator. Each scenario starts an emulator anew, so that all of them draw the same boots. */
  emulate: Pick<EmulatorOptions, 'agent' | 'boot' | 'platform' | 'seed'> | undefined
}

/** Everything between the bench's pages and the agent, for one scenario. */
export interface Rig {
  books: SessionBooks
  sdk: SdkCaller
  pool: BenchPool | undefined
  visitor(): Visitor
  /** The session behind a page's ticket. */
  sessionOf(visitor: Visitor): Promise<RuntimeSession | undefined>
  /** Stops every session that it made. @returns how many could not be stopped. */
  close(): Promise<number>
}

/**
 * Starts the real proxy on the loopback of this machine, with an emulator behind it if the target wants one.
 *
 * @param poolSize How many sessions the warm pool holds; 0 for no pool.
 * @throws UsageError when the agent does not start.
 */
export async function startRig({ arn, qualifiers, emulate }: Target, poolSize: number): Promise<Rig> {
  const emulator = emulate && (await startAgent(emulate))
  if (emulator) {
    // The AWS SDK looks for them there, in the proxy and in the naive caller, and for a profile before them.
    Object.assign(process.env, emulator.env)
    delete process.env.AWS_PROFILE
  }
  const agentRuntimeArn = arn ?? emulator?.env.AGENT_RUNTIME_ARN ?? ''
  const runtime = createAgentCoreRuntime({ arn: agentRuntimeArn, ...(qualifiers && { qualifiers }) })
  const books = createSessionBooks(runtime)
  // Keeps others on this machine from starting sessions through the proxy.
  const password = randomUUID()
  const proxy = createWarmProxy({
    runtime: books.runtime,
    authorize: request =>
      request.headers.get('authorization') === password
        ? { callerId: request.headers.get('warm-agent-bench-visitor') ?? '' }
        : null,
    secret: randomUUID(),
    // The report tells what failed; its lines would break into the progress.
    onEvent() {},
  })
  const server = createServer(toNodeHandler(proxy.fetch)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const pool = poolSize > 0 ? await startBenchPool(books.runtime, poolSize) : undefined
  let visitors = 0

  return {
    books,
    pool,
    sdk: createSdkCaller(agentRuntimeArn, runtime.qualifiers[0] ?? 'DEFAULT'),
    visitor: () =>
      createVisitor(origin + defaultBasePath, {
        authorization: password,
        'warm-agent-bench-visitor': `visitor-${visitors++}`,
      }),
    async sessionOf(visitor) {
      const lent = await proxy.session(new Request(`${origin}/bench`, { headers: visitor.headers() }))
      return lent ? { id: lent.runtimeSessionId, qualifier: lent.qualifier } : undefined
    },
    async close() {
      server.close()
      server.closeAllConnections()
      await proxy.close()
      await pool?.close()
      const left = await books.stopAll()
      await emulator?.close()
      return emulator ? 0 : left
    },
  }
}
