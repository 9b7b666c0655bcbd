import { headerNames } from '@warm-agent/protocol'
import { isLoopback } from '../../is-loopback.ts'
import { type Finding, saw, type Verdict, wrong } from '../finding.ts'

/** What a request that a browser would make for a page was answered with. */
export interface CorsAnswer {
  status: number
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
    stranger.status < 400
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
  return saw(isOwn ? 'page and proxy share one origin' : `${pageOrigin} calls ${proxyOrigin}`, ...findings)
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
  const ours = Object.values(headerNames).map(name => name.toLowerCase())
  const lacks = (list: string | null) =>
    list?.trim() === '*' ? [] : ours.filter(name => !(list ?? '').toLowerCase().includes(name))
  const whatToDo =
    'Let nothing between the page and the proxy answer OPTIONS, or drop or add access-control-* headers: the proxy sets them itself.'
  const problem =
    request.allowOrigin !== pageOrigin
      ? `access-control-allow-origin is ${request.allowOrigin ?? 'absent'}`
      : request.allowCredentials !== 'true'
        ? 'access-control-allow-credentials is not true'
        : lacks(request.exposeHeaders).length > 0
          ? `access-control-expose-headers lacks ${lacks(request.exposeHeaders).join(', ')}`
          : preflight && (preflight.status >= 300 || preflight.allowOrigin !== pageOrigin)
            ? `the preflight request is answered with status ${preflight.status} and access-control-allow-origin ${preflight.allowOrigin ?? 'absent'}`
            : preflight && !/content-type/i.test(preflight.allowHeaders ?? '') && preflight.allowHeaders !== '*'
              ? 'the preflight answer does not allow our headers'
              : undefined
  if (!problem) return undefined
  return wrong(
    'cors-broken',
    `A browser hides the answers of the proxy from pages of ${pageOrigin}: ${problem}.`,
    'The page never learns its ticket, so nothing that was warmed is used.',
    whatToDo,
  )
}
