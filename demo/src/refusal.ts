import { fromErrorBody } from '@warm-agent/protocol'

/** @returns the sentence with which a request was refused. */
export async function refusalOf(answer: Response): Promise<string> {
  const text = await answer.text().catch(() => '')
  try {
    const error = fromErrorBody(JSON.parse(text))
    if (error) return error.message
  } catch {
    // Not ours, and not JSON: the status has to do.
  }
  return `Could not get an answer: the server said ${answer.status}. Ask again.`
}
