import { isIP } from 'node:net'
import { type AuthMode, authModes, isJwtAuthorizer, type JwtAuthorizer } from './auth/authorizer-options.ts'
import { type Credentials, defaultCredentials, isCredentials, ownCredentials } from './auth/credentials.ts'
import { type ChaosRule, readChaos } from './chaos/chaos-rule.ts'
import { isHeaderAllowlist } from './header-allowlist.ts'
import { integer, oneOf, type Rules, refuse } from './option-rules.ts'

/** Who may call, what may go wrong, and what is passed on. */
export interface WireOptions {
  /** A runtime takes signatures or tokens, never both; the other kind is refused with 403, as on AWS. @default 'sigv4' */
  auth?: AuthMode | undefined
  /**
   * The one key that signatures are checked with. @default emulator and emulator-secret, and beside them
   * AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of this process's environment
   */
  credentials?: Credentials | undefined
  /** With `auth: 'oauth'`: whose tokens are good. @default those of the emulator itself, whatever they say */
  oauth?: JwtAuthorizer | undefined
  /** The endpoints that exist; another one is answered with 404. @default every one */
  qualifiers?: readonly string[] | undefined
  /**
   * Request headers that the agent sees besides those that it always sees, as in `requestHeaderConfiguration` of the
   * control plane: up to 20. `Authorization` with `auth: 'oauth'` only. @default []
   */
  requestHeaderAllowlist?: readonly string[] | undefined
  /** What goes wrong: rules, or a text like `slow:2000,rate=0.5;late:504,count=1,kind=message`. @default nothing */
  chaos?: string | readonly ChaosRule[] | undefined
  /**
   * A port of its own for everything under `/_emulator/`, which then is on the data plane's no more; 0 takes any free
   * one. @default none
   */
  adminPort?: number | undefined
  /**
   * Hosts that are yours, without a port: they may be in a request's `Host` and in the `Origin` of a page. In `Host`
   * addresses are taken anyway; in both, names that no stranger's DNS can give (`localhost` and below, names without a dot,
   * `*.local`, `*.internal`) and the name that it listens on. All others are answered with 403. @default []
   */
  allowedHosts?: readonly string[] | undefined
}

export interface WireSettings {
  auth: AuthMode
  /** The first is what `Emulator.env` says. */
  credentials: readonly [Credentials, ...Credentials[]]
  oauth: JwtAuthorizer
  qualifiers: readonly string[] | undefined
  allowedHeaders: ReadonlySet<string>
  chaos: readonly ChaosRule[]
  adminPort: number | undefined
  allowedHosts: readonly string[]
}

const qualifierPattern = /^[a-zA-Z][a-zA-Z0-9_]{0,47}$/

const hostPattern = /^[\w-]+(\.[\w-]+)*$/
const isHost = (value: unknown) => hostPattern.test(String(value)) || isIP(String(value)) > 0

const credentialsExpected = 'Give { accessKeyId, secretAccessKey }, two texts'

export const wireRules: Rules<WireOptions> = {
  auth: oneOf(...authModes),
  // Checked below: a refusal shows the value, and this one is a secret.
  credentials: [() => true, credentialsExpected],
  oauth: [
    isJwtAuthorizer,
    'Give any of discoveryUrl (ending in /.well-known/openid-configuration), allowedAudience, allowedClients and allowedScopes',
  ],
  qualifiers: [
    value => Array.isArray(value) && value.length > 0 && value.every(each => qualifierPattern.test(String(each))),
    'Give a list of names like DEFAULT',
  ],
  requestHeaderAllowlist: [isHeaderAllowlist, 'Give up to 20 names of headers that AWS lets through'],
  chaos: [value => typeof value === 'string' || Array.isArray(value), 'Give a text or a list of rules'],
  adminPort: [integer(65_535), 'Give an integer from 0 to 65535'],
  allowedHosts: [
    value => Array.isArray(value) && value.every(isHost),
    'Give a list of names like emulator.example.com, without scheme and port',
  ],
}

/** Fills in what is absent, after the rules were checked. */
export function readWire(options: WireOptions): WireSettings {
  const { auth = 'sigv4', oauth, credentials, requestHeaderAllowlist = [] } = options
  if (oauth && auth !== 'oauth') refuse('oauth', oauth, `Give auth: 'oauth' with it; auth is '${auth}'`)
  if (credentials !== undefined && !isCredentials(credentials)) refuse('credentials', '…', credentialsExpected)
  if (credentials && auth !== 'sigv4') refuse('credentials', '…', `Leave it out; auth is '${auth}'`)
  const allowedHeaders = new Set(requestHeaderAllowlist.map(name => name.toLowerCase()))
  if (allowedHeaders.has('authorization') && auth !== 'oauth') {
    refuse('requestHeaderAllowlist', requestHeaderAllowlist, `Authorization needs auth: 'oauth'; auth is '${auth}'`)
  }
  const [first = ownCredentials, ...others] = credentials ? [credentials] : defaultCredentials(process.env)
  return {
    auth,
    credentials: [first, ...others],
    oauth: oauth ?? {},
    qualifiers: options.qualifiers,
    allowedHeaders,
    chaos: checkChaos(options.chaos ?? []),
    adminPort: options.adminPort,
    allowedHosts: options.allowedHosts ?? [],
  }
}

function checkChaos(chaos: string | readonly ChaosRule[]): ChaosRule[] {
  try {
    return readChaos(chaos)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return refuse('chaos', chaos, why.charAt(0).toUpperCase() + why.slice(1), error)
  }
}
