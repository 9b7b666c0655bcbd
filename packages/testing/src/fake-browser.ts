/** What the tabs of one browser share: give it to the fake environments of all of them. */
export interface FakeBrowser {
  locks: Pick<LockManager, 'request'>
  channel(
    name: string,
    listener: (message: unknown) => void,
    isFrozen: () => boolean,
  ): { post(message: unknown): void; close(): void }
}

interface Turn {
  start(): void
  steal(): void
}

/** Web Locks and BroadcastChannel, as far as a session uses them. */
export function createFakeBrowser(): FakeBrowser {
  const lines = new Map<string, Turn[]>()
  const channels = new Set<{ name: string; hear(message: unknown): void }>()

  async function request(name: string, options: LockOptions, callback: LockGrantedCallback<unknown>): Promise<unknown> {
    const line = lines.get(name) ?? []
    lines.set(name, line)
    return new Promise((resolve, reject) => {
      const leave = () => {
        const isHolder = line[0] === turn
        if (line.includes(turn)) line.splice(line.indexOf(turn), 1)
        if (isHolder) line[0]?.start()
      }
      const turn: Turn = {
        start: () => {
          void Promise.resolve(callback({ name, mode: 'exclusive' }))
            .then(resolve, reject)
            .finally(leave)
        },
        steal: () => reject(new DOMException('The lock was stolen.', 'AbortError')),
      }
      options.signal?.addEventListener('abort', () => {
        if (line[0] === turn) return
        leave()
        reject(options.signal?.reason)
      })
      if (options.steal) {
        line.shift()?.steal()
        line.unshift(turn)
      } else line.push(turn)
      if (line[0] === turn) queueMicrotask(turn.start)
    })
  }

  return {
    locks: { request: request as LockManager['request'] },
    channel(name, listener, isFrozen) {
      const mine = {
        name,
        hear: (message: unknown) => {
          if (!isFrozen()) listener(message)
        },
      }
      channels.add(mine)
      return {
        post(message) {
          const copy = structuredClone(message)
          for (const other of [...channels]) {
            if (other !== mine && other.name === name) queueMicrotask(() => other.hear(copy))
          }
        },
        close: () => channels.delete(mine),
      }
    },
  }
}
