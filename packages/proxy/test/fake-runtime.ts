import { type AgentRuntime, RuntimeFailure, type RuntimeSession } from '@warm-agent/proxy'

interface FakeVm {
  number: number
  isReady: boolean
  nonce?: string
}

type Failing = RuntimeFailure | ((signal: AbortSignal) => Promise<never>)

/**
 * The platform, in so far as the proxy can tell: one VM a session, started by the first call, 409 until it is ready,
 * and an agent that echoes the first nonce its VM saw. Everything that happens stands in `log`.
 */
export function createFakeRuntime(options: { bootMs?: number; echoes?: boolean; idleTimeoutMs?: number } = {}) {
  const { bootMs = 0, echoes = true, idleTimeoutMs = 900_000 } = options
  const vms = new Map<string, FakeVm>()
  const log: string[] = []
  const sessions: RuntimeSession[] = []
  const failures: Failing[] = []
  let answer = () => streamOf('one', 'two')
  let started = 0

  async function vmOf(session: RuntimeSession): Promise<FakeVm> {
    const known = vms.get(session.id)
    if (known && !known.isReady) throw failure('conflict')
    if (known) return known
    const vm: FakeVm = { number: ++started, isReady: false }
    vms.set(session.id, vm)
    sessions.push(session)
    log.push(`vm ${vm.number} started`)
    if (bootMs > 0) await new Promise(resolve => setTimeout(resolve, bootMs))
    vm.isReady = true
    return vm
  }

  const runtime: AgentRuntime = {
    qualifiers: ['DEFAULT'],
    idleTimeoutMs,
    maxLifetimeMs: 28_800_000,
    async invoke(session, request, signal) {
      signal.throwIfAborted()
      const failing = failures.shift()
      if (failing) {
        log.push('failed')
        throw failing instanceof RuntimeFailure ? failing : await failing(signal)
      }
      const vm = await vmOf(session)
      const text = new TextDecoder().decode(request.body)
      const nonce = text.startsWith('warm ') ? text.slice(5) : undefined
      if (nonce === undefined) {
        log.push(`vm ${vm.number} ran ${text}`)
        signal.addEventListener('abort', () => log.push('answer aborted'))
        return { status: 200, contentType: 'text/event-stream', body: answer() }
      }
      vm.nonce ??= nonce
      log.push(`vm ${vm.number} warmed`)
      return { status: 200, contentType: 'text/plain', body: streamOf(echoes ? vm.nonce : 'hello') }
    },
    async stop({ id }) {
      const vm = vms.get(id)
      if (vm && !vm.isReady) throw failure('conflict')
      log.push(vm ? `vm ${vm.number} stopped` : 'nothing to stop')
      vms.delete(id)
    },
    warmUpRequest: nonce => ({
      body: new TextEncoder().encode(`warm ${nonce}`),
      contentType: 'text/plain',
      accept: '*/*',
      isWarmUp: true,
    }),
    readEcho: text => (text === 'hello' ? undefined : text),
  }

  return {
    runtime,
    log,
    /** Every session that a VM was started for. */
    sessions,
    /** The next calls fail so, one each. */
    failNext: (...next: Failing[]) => failures.push(...next),
    answerWith: (make: typeof answer) => {
      answer = make
    },
    /** The platform takes the VMs away without a word. */
    killAll: () => vms.clear(),
  }
}

export function failure(reason: RuntimeFailure['reason'], mayHaveRun = false, retryAfterMs?: number): RuntimeFailure {
  return new RuntimeFailure(reason, `the platform said ${reason}`, { mayHaveRun, retryAfterMs })
}

/** A call that nobody ever answers. */
export function hang(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
}

export function streamOf(...chunks: string[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk))
      controller.close()
    },
  })
}

/** Breaks off after its first chunk. */
export function brokenStreamOf(chunk: string): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      controller.enqueue(new TextEncoder().encode(chunk))
      await new Promise(resolve => setImmediate(resolve))
      controller.error(new Error('the agent died'))
    },
  })
}
