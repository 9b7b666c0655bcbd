import { headerNames, wireVersion } from '@warm-agent/protocol'

/** Nothing between the proxy and the page may store, rewrite or buffer what is streamed. */
export const streamingHeaders = {
  [headerNames.version]: wireVersion,
  'cache-control': 'no-store, no-transform',
  'x-accel-buffering': 'no',
  'x-content-type-options': 'nosniff',
}
