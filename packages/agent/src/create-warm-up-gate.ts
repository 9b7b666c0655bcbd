import { createHandlerTimings, stampResult } from './handler-timings.ts'
import { once } from './once.ts'
import { asksForTimings, isWarmUp as isOurWarmUp, readNonce, type WarmUpAnswer } from './warm-up.ts'

export interface WarmUpGateOptions {
  /**
   * The agent's heavy initialisation: models, connections, indexes. Started by the first warm-up or message, whichever
   * comes first; everything else waits for it. When it throws or rejects, those who waited get the error, and the next
   * one starts it again.
   *
   * @default nothing to do
   */
  onWarm?: (() => unknown) | undefined
  /**
   * Recognises a warm-up, for a proxy that was told to send another body than ours. Its `nonce`, when it has one, is
   * read from the body's field of that name.
   *
   * @default `{ "type": "warmup", "nonce": "<string>" }`
   */
  isWarmUp?: ((body: unknown) => boolean) | undefined
}

export interface WarmUpGate {
  /** Whether `body`, as parsed from JSON, is a warm-up. Use it to let one through a validation of your own. */
  isWarmUp(body: unknown): boolean
  /**
   * Waits for `onWarm`, then says what to answer to a warm-up.
   *
   * @returns `undefined` when `body` is not a warm-up: go on with it, the agent is initialised.
   * @throws when `onWarm` failed. Answer with a status of 500, so that the platform reports it.
   */
  answer(body: unknown): Promise<WarmUpAnswer | undefined>
  /**
   * Answers a warm-up, or runs `process` for a message and gives back what it returns: a value, or an async generator.
   * Stamps the message's entry and exit, for `warm-agent bench` to ask for: see {@link WarmUp.timings}.
   *
   * @throws what `onWarm` or `process` threw.
   */
  handle(body: unknown, process: () => unknown): Promise<unknown>
}

/** The gate in front of an agent's own logic, for any HTTP framework. {@link warmable} is built upon it. */
export function createWarmUpGate({ onWarm, isWarmUp = isOurWarmUp }: WarmUpGateOptions = {}): WarmUpGate {
  // Set by a warm-up and by nothing else: a snapshot taken before the first request must hold no identity.
  let firstNonce: string | undefined

  const initialise = once(async () => {
    try {
      await onWarm?.()
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause)
      throw new Error(`Could not initialise the agent: ${why}. The next warm-up or message tries again.`, { cause })
    }
  })

  const timings = createHandlerTimings()

  async function answer(body: unknown): Promise<WarmUpAnswer | undefined> {
    const isForUs = isWarmUp(body)
    if (isForUs) firstNonce ??= readNonce(body)
    await initialise()
    if (!isForUs) return undefined
    return {
      status: 'warm',
      ...(firstNonce !== undefined && { nonce: firstNonce }),
      ...(asksForTimings(body) && { timings: timings.last() }),
    }
  }

  return {
    isWarmUp,
    answer,
    async handle(body, process) {
      if (isWarmUp(body)) return answer(body)
      const stamps = timings.enter()
      try {
        await initialise()
        stamps.initialised()
        return stampResult(await process(), stamps)
      } catch (error) {
        stamps.exit()
        throw error
      }
    },
  }
}
