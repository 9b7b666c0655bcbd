export { createFakeBrowser, type FakeBrowser } from './fake-browser.ts'
export {
  createFakeEnvironment,
  type FakeEnvironment,
  type FakeEnvironmentOptions,
  settle,
} from './fake-environment.ts'
export type { FakeAnswer, WarmAgentHandlersOptions } from './options.ts'
export type { Seen, SeenMessage } from './seen.ts'
export { type WarmAgentHandlers, warmAgentHandlers } from './warm-agent-handlers.ts'
