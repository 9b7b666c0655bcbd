import { Cancellable, type Cancellation, unlessCancelled, wait } from './cancellation.ts'
import type { Clock } from './clock.ts'
import type { AgentAnswer, AgentCall, Engine, Machine } from './engine.ts'
import { createRandom } from './random.ts'
import type { SimulatedAgent, SimulatedAnswer, SimulatedBody, SimulatedCall, SimulatedVm } from './simulated-agent.ts'
import { streamPieces } from './stream-pieces.ts'

export interface SimulatedEngineSetup {
  agent: SimulatedAgent
  clock: Clock
  /** Whether VMs are copies of one snapshot (V2). */
  isSnapshot: boolean
  /** A snapshot of an agent that is not ready in this time is never taken. Milliseconds. */
  agentReadyTimeoutMs: number
  seed: string
}

/** What an agent's start leaves behind: its module scope, and who it believes to be. */
type Image = Pick<SimulatedVm, 'pid' | 'hostname'> & { state: unknown; draws: number; seed: string }

const decoder = new TextDecoder()
const encoder = new TextEncoder()

/** Runs agents as functions of this process, on the platform's clock. */
export function createSimulatedEngine(setup: SimulatedEngineSetup): Engine {
  const { agent, clock, isSnapshot, seed } = setup
  const { startMs = 0 } = agent
  const restartMs = isSnapshot && startMs <= setup.agentReadyTimeoutMs ? 0 : startMs
  let snapshot: Image | undefined

  /** Runs an agent's module scope, in the VM of this number. */
  function startAgent(vm: number): Image {
    const image = {
      pid: 100 + vm,
      hostname: `vm-${vm}`,
      seed: `${seed}/vm/${vm}`,
      draws: 0,
      state: undefined as unknown,
    }
    const random = countedRandom(image)
    const { pid, hostname } = image
    image.state = agent.setUp?.({ pid, hostname, random, now: clock.now })
    return image
  }

  function imageFor(vm: number): Image {
    if (!isSnapshot) return startAgent(vm)
    snapshot ??= startAgent(0)
    return { ...snapshot, state: structuredClone(snapshot.state) }
  }

  return {
    async start(number, cancellation) {
      if (cancellation.isCancelled) throw cancellation.reason
      return createMachine(agent, clock, imageFor(number), restartMs)
    },
    async close() {},
  }
}

/** A generator that goes on where the image's has stopped: copies of a snapshot draw the same numbers. */
function countedRandom(image: Pick<Image, 'seed' | 'draws'>): () => number {
  let random: (() => number) | undefined
  return () => {
    if (!random) {
      random = createRandom(image.seed)
      for (let skipped = 0; skipped < image.draws; skipped++) random()
    }
    image.draws++
    return random()
  }
}

function createMachine(agent: SimulatedAgent, clock: Clock, image: Image, startMs: number): Machine {
  const over = new Cancellable()
  let sayExited = (_: string) => {}
  const exited = new Promise<string>(resolve => {
    sayExited = resolve
  })

  function exit(how: string): void {
    over.cancel()
    sayExited(how)
  }

  const vm: SimulatedVm = {
    state: image.state,
    pid: image.pid,
    hostname: image.hostname,
    random: countedRandom(image),
    now: clock.now,
    sleep: ms => wait(clock, ms, over),
    exit: code => exit(`it exited with status ${code}`),
  }
  const ready = wait(clock, startMs, over)
  // Whoever ends the machine before it is ready need not look at this.
  ready.catch(() => {})

  async function answer(call: AgentCall, cancellation: Cancellation): Promise<SimulatedAnswer> {
    try {
      const given = agent.invoke(new Call(call, cancellation), vm)
      return given instanceof Promise ? await unlessCancelled(given, cancellation) : given
    } catch (error) {
      if (over.isCancelled || cancellation.isCancelled) throw error
      return { status: 500, contentType: 'text/plain', body: error instanceof Error ? error.message : String(error) }
    }
  }

  return {
    pid: image.pid,
    ready,
    exited,
    lastWords: () => '',
    ...(agent.ping && { ping: async () => agent.ping?.(vm) }),
    async call(call, cancellation) {
      const { path = '/invocations' } = call
      if (path !== '/invocations') return toAgentAnswer({ status: 404, body: '{}' }, cancellation)
      return toAgentAnswer(await answer(call, cancellation), cancellation)
    },
    async end() {
      exit('it was ended')
    },
  }
}

/** A class, because a getter in each object would be most of what a simulated call costs. */
class Call implements SimulatedCall {
  readonly headers: SimulatedCall['headers']
  readonly body: Uint8Array
  readonly #cancellation: Cancellation

  constructor({ headers, body }: AgentCall, cancellation: Cancellation) {
    this.headers = headers
    this.body = body
    this.#cancellation = cancellation
  }

  text(): string {
    return decoder.decode(this.body)
  }

  json(): unknown {
    return JSON.parse(this.text())
  }

  get signal(): AbortSignal {
    return this.#cancellation.signal
  }
}

function toAgentAnswer(answer: SimulatedAnswer, cancellation: Cancellation): AgentAnswer {
  const { body, ...head } = isBody(answer) ? { body: answer } : answer
  const isWhole = typeof body === 'string' || body instanceof Uint8Array
  const { status = 200, contentType = isWhole ? 'application/json' : 'text/event-stream' } = head as {
    status?: number
    contentType?: string
  }
  const headers = { 'content-type': contentType }
  if (isWhole) return { status, headers, body: typeof body === 'string' ? encoder.encode(body) : body }
  return { status, headers, body: streamPieces(body, cancellation) }
}

function isBody(answer: SimulatedAnswer): answer is SimulatedBody {
  return typeof answer === 'string' || answer instanceof Uint8Array || Symbol.asyncIterator in answer
}
