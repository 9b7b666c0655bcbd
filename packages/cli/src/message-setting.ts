import { type Setting, setting } from './settings.ts'

export const usualMessage = '{"prompt":"Hello"}'

/** A setting for the message to the agent. It must be JSON, and is sent as it was written. */
export function messageSetting(help: string): Setting<string | undefined> {
  return setting('JSON', help, readMessage, { defaultText: usualMessage })
}

function readMessage(text: string | undefined): string | undefined {
  try {
    if (text !== undefined) JSON.parse(text)
    return text
  } catch (cause) {
    throw new Error(`it is not JSON: ${(cause as Error).message}`)
  }
}
