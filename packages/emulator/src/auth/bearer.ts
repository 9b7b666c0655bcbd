import type { IncomingHttpHeaders } from 'node:http'

/**
 * The WebSocket subprotocol in which a browser, that can set no header, sends its token (AgentCore developer guide, "Get
 * started with WebSocket streaming").
 */
export const bearerProtocol = 'base64UrlBearerAuthorization'

/** The bearer token of a request, in its `Authorization` header or among the subprotocols that it offers. */
export function readBearer(headers: IncomingHttpHeaders): string | undefined {
  const [, inHeader] = /^Bearer +(.*)$/i.exec(headers.authorization ?? '') ?? []
  if (inHeader !== undefined) return inHeader.trim()
  const offered = readProtocols(headers).find(protocol => protocol.startsWith(`${bearerProtocol}.`))
  return offered && Buffer.from(offered.slice(bearerProtocol.length + 1), 'base64url').toString()
}

/** The subprotocols that a WebSocket client offers. */
export function readProtocols(headers: IncomingHttpHeaders): string[] {
  const offered = headers['sec-websocket-protocol'] ?? ''
  return offered.split(',').flatMap(protocol => protocol.trim() || [])
}
