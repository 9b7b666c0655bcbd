/** What `GET /api/demo` tells the page about what it runs on. */
export type DemoDescription = { tokensPerSecond: number } & (
  | { runsOn: 'emulator'; boot: { medianMs: number; p99Ms: number } }
  | { runsOn: 'aws'; region: string }
)
