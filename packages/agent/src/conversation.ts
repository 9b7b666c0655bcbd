/** What the proxy tells with a message of the conversation that it belongs to. */
export interface Conversation {
  /** The application's own name for it, which outlives every microVM: file the history under it, and not in the VM alone. */
  id: string
  /** Whether this microVM has not answered in this conversation before: load its history before you answer. */
  isNewHere: boolean
  /** What the message found: `warm`, `joined`, `rewarmed` when its session had been lost, `cold` when it had none. */
  outcome: string
}

const prefix = 'x-amzn-bedrock-agentcore-runtime-custom-conversation'

/**
 * Reads what the proxy tells of a message's conversation.
 *
 * @param headers Of the invocation: on `BedrockAgentCoreApp` those of the context. AgentCore passes them on once the
 *   runtime's `requestHeaderAllowlist` has them.
 * @returns `undefined` when the proxy names no conversation, or its headers were not let through. An id that is malformed,
 *   which is none of the proxy's, is taken as it is.
 */
export function conversationOf(
  headers: Headers | Readonly<Record<string, string | string[] | undefined>>,
): Conversation | undefined {
  const entries = headers instanceof Headers ? [...headers] : Object.entries(headers)
  const told = new Map(entries.map(([name, value]) => [name.toLowerCase(), String(value ?? '')]))
  const id = told.get(`${prefix}-id`)
  if (!id) return undefined
  return {
    id: decoded(id),
    // When in doubt load it: a history that is loaded twice is only slow.
    isNewHere: told.get(`${prefix}-vm`) !== 'known',
    outcome: told.get(`${prefix}-outcome`) || 'cold',
  }
}

function decoded(id: string): string {
  try {
    return decodeURIComponent(id)
  } catch {
    return id
  }
}
