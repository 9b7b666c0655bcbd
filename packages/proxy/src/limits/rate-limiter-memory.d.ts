/** The index of the package loads `node:cluster` and a dozen databases; this file of it runs anywhere. */
declare module 'rate-limiter-flexible/lib/RateLimiterMemory.js' {
  import type { RateLimiterMemory } from 'rate-limiter-flexible'

  const limiter: typeof RateLimiterMemory
  // biome-ignore lint/style/noDefaultExport: what a CommonJS module is to an ES module
  export default limiter
}
