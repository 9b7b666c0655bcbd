import type { AdminRoute } from '../admin.ts'
import type { TokenIssuer, TokenRequest } from './token-issuer.ts'

/** The issuer's path below that of the admin routes. */
export const issuerPath = 'oauth'

/** The emulator's identity provider over HTTP: a discovery document, keys, and tokens for whoever asks. */
export function issuerRoutes(issuer: TokenIssuer): Record<string, AdminRoute> {
  return {
    [`GET ${issuerPath}/.well-known/openid-configuration`]: () => ({
      issuer: issuer.issuer,
      jwks_uri: `${issuer.issuer}/jwks.json`,
      token_endpoint: `${issuer.issuer}/token`,
      response_types_supported: ['token'],
      grant_types_supported: ['client_credentials'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['ES256'],
    }),
    [`GET ${issuerPath}/jwks.json`]: () => issuer.keys(),
    [`POST ${issuerPath}/token`]: async body => {
      const token = readTokenRequest(body)
      const { expiresIn = 3_600 } = token
      return { access_token: await issuer.issue(token), token_type: 'Bearer', expires_in: expiresIn }
    },
  }
}

/** A form, as OAuth has it, or JSON by the names of {@link TokenRequest}. An empty body asks for a token of defaults. */
function readTokenRequest(body: string): TokenRequest {
  if (/^\s*\{/.test(body)) return JSON.parse(body)
  const form = new URLSearchParams(body)
  const text = (name: string) => form.get(name) || undefined
  return { sub: text('sub'), clientId: text('client_id'), audience: text('audience'), scope: text('scope') }
}
