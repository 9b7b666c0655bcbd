import { reasonOf } from './platform.ts'

/** An answer, and when its chunks came. */
export interface Chunks {
  text: string
  /** How many events with data there were, in an event stream. */
  events: number
  /** When each chunk came, in milliseconds from the first. */
  atMs: number[]
  /** When the first chunk came, by `performance.now()`. */
  firstAt: number
  /** Why the answer broke off, if it did. */
  broken: string | undefined
}

/** The beginning of a longer answer is enough. */
const mostMs = 60_000
const mostCharacters = 1_000_000

/** Reads an answer to its end, or as much of it as is needed. */
export async function readChunks(body: ReadableStream<Uint8Array> | null, forMs = mostMs): Promise<Chunks> {
  const reader = body?.getReader()
  const decoder = new TextDecoder()
  const at: number[] = []
  let text = ''
  let broken: string | undefined
  const stop = () => void reader?.cancel().catch(() => undefined)
  const timer = setTimeout(stop, forMs)
  try {
    for (;;) {
      const { done = true, value } = (await reader?.read()) ?? {}
      if (done) break
      at.push(performance.now())
      if (text.length < mostCharacters) text += decoder.decode(value, { stream: true })
    }
  } catch (error) {
    broken = `The answer broke off: ${reasonOf(error)}`
  } finally {
    clearTimeout(timer)
  }
  const firstAt = at[0] ?? performance.now()
  const events = [...text.matchAll(/^data:/gm)].length
  return { text, broken, events, firstAt, atMs: at.map(each => each - firstAt) }
}

/**
 * The error at the end of an answer with status 200, which had begun to stream before the agent failed. bedrock-agentcore for
 * TypeScript (0.4.4) sends an event named `error`, the one for Python an object with `error_type`.
 */
export function streamedErrorIn(text: string): string | undefined {
  const [, named] = /^event: ?error\r?\ndata: ?(.*)$/m.exec(text) ?? []
  const [, typed] = /^data: ?(\{"error":.*"error_type":.*\})\r?$/m.exec(text) ?? []
  return (named ?? typed)?.slice(0, 200)
}
