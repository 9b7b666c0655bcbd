/** Traces and protocol versions, which the platform passes on both ways (service model: InvokeAgentRuntime). */
const bothWays = ['x-amzn-trace-id', 'traceparent', 'tracestate', 'baggage', 'mcp-protocol-version']
const toAgent = new Set(bothWays)
/** The encoding describes the bytes, which are passed on as they came. */
const fromAgent = new Set([...bothWays, 'content-encoding'])
const customPrefix = 'x-amzn-bedrock-agentcore-runtime-custom-'
const mcpSession = 'mcp-session-id'

/**
 * @returns the headers that the platform passes on to the agent.
 * @note On an MCP runtime `Mcp-Session-Id` selects the microVM, so it is never a page's to choose (AgentCore developer
 *   guide, MCP protocol contract).
 */
export function headersToAgent(
  headers: Readonly<Record<string, string>> = {},
  isMcp: boolean,
  sessionId: string,
): Record<string, string> {
  const passed = pick(headers, name => toAgent.has(name) || name.startsWith(customPrefix))
  if (isMcp) passed[mcpSession] = sessionId
  return passed
}

/** @returns the headers of an answer that are the caller's to see. A session id is not. */
export function headersFromAgent(headers: Readonly<Record<string, string>>, sessionId: string): Record<string, string> {
  return pick(headers, (name, value) => fromAgent.has(name) || (name === mcpSession && !value.includes(sessionId)))
}

function pick(headers: Readonly<Record<string, string>>, isWanted: (name: string, value: string) => boolean) {
  const picked: Record<string, string> = {}
  for (const [key, value] of Object.entries(headers)) {
    const name = key.toLowerCase()
    if (isWanted(name, value)) picked[name] = value
  }
  return picked
}
