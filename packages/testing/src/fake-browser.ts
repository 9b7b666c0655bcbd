/** What the tabs of one browser share: give it to the fake environments of all of them. */
export interface FakeBrowser {
  locks: Pick<LockManager, 'request' | 'query'>
  /** What the browser remembers, and who hears when it changes: every tab but the one that changed it. */
  memory: Map<string, string>
  listeners: Set<() => void>
}

/** Web Locks and storage, as far as a session uses them. */
export function createFakeBrowser(): FakeBrowser {
  const lines = new Map<string, { start(): void }[]>()

  async function request(name: string, options: LockOptions, callback: LockGrantedCallback<unknown>): Promise<unknown> {
    const line = lines.get(name) ?? []
    lines.set(name, line)
    return new Promise((resolve, reject) => {
      const leave = () => {
        const isHolder = line[0] === turn
        if (line.includes(turn)) line.splice(line.indexOf(turn), 1)
        if (isHolder) line[0]?.start()
      }
      const turn = {
        start: () => {
          void Promise.resolve(callback({ name, mode: 'exclusive' }))
            .then(resolve, reject)
            .finally(leave)
        },
      }
      options.signal?.addEventListener('abort', () => {
        if (line[0] === turn) return
        leave()
        reject(options.signal?.reason)
      })
      if (options.ifAvailable && line.length) return queueMicrotask(() => resolve(callback(null)))
      line.push(turn)
      if (line[0] === turn) queueMicrotask(turn.start)
    })
  }

  return {
    locks: {
      request: request as LockManager['request'],
      query: async () => ({
        held: [...lines].filter(([, line]) => line.length).map(([name]) => ({ name })),
        pending: [],
      }),
    },
    memory: new Map(),
    listeners: new Set(),
  }
}
