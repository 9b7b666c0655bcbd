import { headerNames } from '@warm-agent/protocol'
import { isLoopback } from '../../is-loopback.ts'
import { type Finding, saw, type Verdict, wrong } from '../finding.ts'

/** What a request that a browser would make for a page was answered with. */
export interface CorsAnswer {
  /** 0: there was no answer. */
  status: number
  /** Why there was none. */
  broken: string | undefined
  allowOrigin: string | null
  allowCredentials: string | null
  allowHeaders: string | null
  exposeHeaders: string | null
}

export interface OriginFacts {
  proxyUrl: string
  /** Where the chat page lives. The proxy's own origin unless one was given. */
  pageOrigin: string
  /** A request from the page. */
  request: CorsAnswer
  /** The question that a browser asks before it, for a page of another origin. */
  preflight: CorsAnswer | undefined
  /** A request from a page that nobody knows. */
  stranger: CorsAnswer
}

/** Whether the page may call the proxy, and others may not. */
export function judgeOrigin({ proxyUrl, pageOrigin, request, preflight, stranger }: OriginFacts): Verdict {
  const proxyOrigin = new URL(proxyUrl).origin
  const isOwn = pageOrigin === proxyOrigin
  const findings: (Finding | undefined)[] = [
    request.status === 403 ? refused(pageOrigin, isOwn) : undefined,
    request.status < 400 && !isOwn ? corsFinding(pageOrigin, request, preflight) : undefined,
    stranger.broken === undefined && stranger.status < 400
      ? wrong(
          'origin-open',
          `The proxy answers pages of any origin: a stranger's was not refused${stranger.allowOrigin ? `, and allowed as ${stranger.allowOrigin}` : ''}.`,
          'Any page that a signed-in user opens can start sessions and send messages in their name.',
          'List the origins of your pages in WARM_AGENT_ORIGINS, and let nothing in front of the proxy change the Origin header or add CORS headers.',
        )
      : undefined,
    pageOrigin.startsWith('https:') && proxyOrigin.startsWith('http:') && !isLoopback(proxyOrigin)
      ? wrong(
          'mixed-content',
          `The page is ${pageOrigin}, the proxy ${proxyOrigin}.`,
          'Browsers refuse calls from https to http, and tickets would travel in clear.',
          'Serve the proxy by https.',
        )
      : undefined,
  ]
  const said = isOwn ? 'page and proxy share one origin' : `${pageOrigin} calls ${proxyOrigin}`
  return saw(`${said}${stranger.broken === undefined ? '' : "; a stranger's request had no answer"}`, ...findings)
}

function refused(pageOrigin: string, isOwn: boolean): Finding {
  return isOwn
    ? wrong(
        'origin-own-refused',
        `The proxy refuses pages of its own origin ${pageOrigin} with 403.`,
        'Something in front of it changes the Host header, so that it does not know its own name; no page can warm or send.',
        'Pass the Host header on, or add the origin to WARM_AGENT_ORIGINS.',
      )
    : wrong(
        'origin-refused',
        `The proxy refuses pages of ${pageOrigin} with 403: the origin is not on its list.`,
        'Nothing is warmed for that page, and no message goes through.',
        `Add ${pageOrigin} to WARM_AGENT_ORIGINS (createWarmProxy: origins).`,
      )
}

function corsFinding(pageOrigin: string, request: CorsAnswer, preflight: CorsAnswer | undefined): Finding | undefined {
  const problem = corsProblem(pageOrigin, request, preflight)
  if (!problem) return undefined
  return wrong(
    'cors-broken',
    `A browser hides the answers of the proxy from pages of ${pageOrigin}: ${problem.replace(/\.$/, '')}.`,
    'The page never learns its ticket, so nothing that was warmed is used.',
    'Let nothing between the page and the proxy answer OPTIONS, or drop or add access-control-* headers: the proxy sets them itself.',
  )
}

/** @returns the first thing that a browser would stumble over. */
function corsProblem(pageOrigin: string, request: CorsAnswer, preflight: CorsAnswer | undefined): string | undefined {
  if (request.broken !== undefined) return `a request has no answer, ${request.broken}`
  if (request.allowOrigin !== pageOrigin) return `access-control-allow-origin is ${request.allowOrigin ?? 'absent'}`
  if (request.allowCredentials !== 'true') return 'access-control-allow-credentials is not true'
  const hidden = hiddenHeaders(request.exposeHeaders)
  if (hidden.length > 0) return `access-control-expose-headers lacks ${hidden.join(', ')}`
  if (!preflight) return undefined
  const { status, broken, allowOrigin, allowHeaders } = preflight
  if (broken !== undefined) return `the preflight request has no answer, ${broken}`
  if (status >= 300 || allowOrigin !== pageOrigin) {
    return `the preflight request is answered with status ${status} and access-control-allow-origin ${allowOrigin ?? 'absent'}`
  }
  return /content-type/i.test(allowHeaders ?? '') ? undefined : 'the preflight answer does not allow our headers'
}

/** Our headers that a page may not read. With credentials, `*` is no wildcard but a name (Fetch standard). */
function hiddenHeaders(exposed: string | null): string[] {
  const ours = Object.values(headerNames).map(name => name.toLowerCase())
  return ours.filter(name => !exposed?.toLowerCase().includes(name))
}
