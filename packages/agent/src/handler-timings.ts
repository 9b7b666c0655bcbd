/**
 * What one message took inside the agent, in milliseconds from its entry at the handler's boundary. Durations, because the
 * clocks of a VM and of the machine that measures it disagree.
 */
export interface HandlerTiming {
  /** Waiting for `onWarm`: the part of a cold start that the application has in its own hands. */
  initialiseMs: number
  /** Until the first output: the first chunk of a generator, or the whole of an answer that is not streamed. */
  firstOutputMs: number
  /** Until the exit: the end of the generator, or of the promise. */
  exitMs: number
}

/** One message on its way through the handler. */
export interface HandlerStamps {
  initialised(): void
  output(): void
  exit(): void
}

/** The timings of many messages would not fit an echo; `warm-agent bench` asks after each. */
const kept = 16

/** Stamps messages, and keeps the timings of the last that ended, the newest last. */
export function createHandlerTimings() {
  const timings: HandlerTiming[] = []
  return {
    /** The timings of the last messages that ended. */
    last: (): HandlerTiming[] => [...timings],
    enter(): HandlerStamps {
      const enteredAt = performance.now()
      const passedMs = () => performance.now() - enteredAt
      let initialiseMs = 0
      let firstOutputMs: number | undefined
      let isOver = false
      return {
        initialised() {
          initialiseMs = passedMs()
        },
        output() {
          firstOutputMs ??= passedMs()
        },
        exit() {
          if (isOver) return
          isOver = true
          const exitMs = passedMs()
          timings.push({ initialiseMs, firstOutputMs: firstOutputMs ?? exitMs, exitMs })
          if (timings.length > kept) timings.shift()
        },
      }
    },
  }
}

/** Stamps what a handler returned, and passes it on as it is: a value at once, a generator chunk by chunk. */
export function stampResult(result: unknown, stamps: HandlerStamps): unknown {
  if (!isAsyncGenerator(result)) {
    stamps.exit()
    return result
  }
  const step = async (move: () => Promise<IteratorResult<unknown>>) => {
    try {
      const moved = await move()
      if (moved.done) stamps.exit()
      else stamps.output()
      return moved
    } catch (error) {
      stamps.exit()
      throw error
    }
  }
  // By hand: a generator around a generator would swallow its return value, and what `next` is given.
  return {
    next: (...values: [] | [unknown]) => step(() => result.next(...values)),
    return: (value: unknown) => step(() => result.return(value)),
    throw: (error: unknown) => step(() => result.throw(error)),
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

function isAsyncGenerator(value: unknown): value is AsyncGenerator<unknown, unknown, unknown> {
  const { next, return: end, throw: fail } = (value ?? {}) as Partial<AsyncGenerator>
  const isIterable = typeof value === 'object' && value !== null && Symbol.asyncIterator in value
  return isIterable && [next, end, fail].every(method => typeof method === 'function')
}
