/**
 * Which callers are let in.
 *
 * - `sigv4`: those whose signature is right.
 * - `oauth`: those with a good token.
 * - `none`: everybody; signatures and tokens are not looked at.
 */
export type AuthMode = (typeof authModes)[number]

export const authModes = ['sigv4', 'oauth', 'none'] as const

/** Whose tokens an `oauth` emulator takes: the `customJWTAuthorizer` of AgentCore's control plane, by the same names. */
export interface JwtAuthorizer {
  /**
   * The issuer's OpenID Connect discovery document; its URL ends in `/.well-known/openid-configuration`. It is read when
   * the first token comes. @default that of the emulator itself, which issues tokens: `emulator.issueToken()`
   */
  discoveryUrl?: string | undefined
  /** A token's `aud` must be among them. @default any */
  allowedAudience?: readonly string[] | undefined
  /** A token's `client_id` must be among them. @default any */
  allowedClients?: readonly string[] | undefined
  /** A token's `scope` must have one of them. @default any */
  allowedScopes?: readonly string[] | undefined
}

const lists = ['allowedAudience', 'allowedClients', 'allowedScopes']

export function isJwtAuthorizer(value: unknown): value is JwtAuthorizer {
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(value).every(([name, part]) => {
    if (part === undefined) return true
    if (name === 'discoveryUrl') return isDiscoveryUrl(part)
    return lists.includes(name) && Array.isArray(part) && part.length > 0 && part.every(isText)
  })
}

/** The pattern of the control plane. */
function isDiscoveryUrl(value: unknown): boolean {
  return isText(value) && /\/\.well-known\/openid-configuration$/.test(value) && URL.canParse(value)
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}
