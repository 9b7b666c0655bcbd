import { type AgentRuntime, RuntimeFailure, type RuntimeSession } from '@warm-agent/proxy'

interface FakeVm {
  nonce?: string
  touchedAtMs: number
  bornAtMs: number
  readonly ready: Promise<void>
}

/**
 * The platform, in so far as a pool can tell: a VM a session, started by the first call, ended by idling, and an agent that
 * echoes the first nonce that its VM saw.
 */
export function createFakeAgents({
  bootMs = 0,
  idleTimeoutMs = 900_000,
  maxLifetimeMs = 28_800_000,
  echoes = true,
  clock = {
    now: () => Date.now(),
    setTimeout: (run: () => void, ms: number) => setTimeout(run, ms) as unknown,
  },
} = {}) {
  const vms = new Map<string, FakeVm>()
  const log: string[] = []
  const started: RuntimeSession[] = []
  const failures: unknown[] = []
  let failAlways: unknown
  let shouldHang = false

  function live(id: string): FakeVm | undefined {
    const vm = vms.get(id)
    if (!vm) return undefined
    const now = clock.now()
    const hasEnded = now >= vm.touchedAtMs + idleTimeoutMs || now >= vm.bornAtMs + maxLifetimeMs
    if (hasEnded) vms.delete(id)
    return hasEnded ? undefined : vm
  }

  const runtime: AgentRuntime = {
    qualifiers: ['DEFAULT'],
    idleTimeoutMs,
    maxLifetimeMs,
    async invoke(session, request, signal) {
      signal.throwIfAborted()
      const failing = failures.shift() ?? failAlways
      if (failing) {
        log.push('failed')
        throw failing
      }
      if (shouldHang) await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
      let vm = live(session.id)
      if (!vm) {
        log.push('started')
        started.push(session)
        const now = clock.now()
        const ready = bootMs > 0 ? new Promise<void>(resolve => clock.setTimeout(resolve, bootMs)) : Promise.resolve()
        vm = { bornAtMs: now, touchedAtMs: Number.POSITIVE_INFINITY, ready }
        vms.set(session.id, vm)
      } else log.push('touched')
      await vm.ready
      signal.throwIfAborted()
      vm.touchedAtMs = clock.now()
      const text = new TextDecoder().decode(request.body)
      if (text.startsWith('warm ')) vm.nonce ??= text.slice(5)
      const answer = echoes ? (vm.nonce ?? '') : 'hello'
      return { status: 200, contentType: 'text/plain', body: streamOf(answer) }
    },
    async stop({ id }) {
      await vms.get(id)?.ready
      log.push(live(id) ? 'stopped' : 'nothing to stop')
      vms.delete(id)
    },
    warmUpRequest: nonce => ({
      body: new TextEncoder().encode(`warm ${nonce}`),
      contentType: 'text/plain',
      accept: '*/*',
    }),
    readEcho: text => (text === 'hello' ? undefined : text),
  }

  return {
    runtime,
    log,
    /** Every session that a VM was started for. */
    started,
    /** Ids of the VMs that run. */
    running: () => [...vms.keys()].filter(live),
    count: (what: string) => log.filter(line => line === what).length,
    failNext: (...next: unknown[]) => failures.push(...next),
    failFromNowOn: (failure: unknown) => {
      failAlways = failure
    },
    hang: (yes: boolean) => {
      shouldHang = yes
    },
    /** The platform takes VMs away without a word. */
    kill: (...ids: string[]) => {
      for (const id of ids) vms.delete(id)
    },
  }
}

export function failure(reason: RuntimeFailure['reason'], mayHaveRun = false): RuntimeFailure {
  return new RuntimeFailure(reason, `the platform said ${reason}`, { mayHaveRun })
}

/** Not a Blob's stream: on Node 24 that is read in real time, past which faked timers run. */
function streamOf(text: string): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(text))
      controller.close()
    },
  })
}
