import type { Engine } from './engine.ts'

/** Which version of the agent an endpoint gives to its next session. */
export interface Versions {
  /** What a new session of this endpoint runs. */
  current(endpoint: string): { version: number; engine: Engine }
  /** Adds a version and moves endpoints to it. @returns its number */
  add(engine: Engine, endpoints: readonly string[]): number
  /** Closes the engines of all versions. */
  close(): Promise<void>
}

/**
 * The versions of one runtime, counted from 1. `DEFAULT` follows the newest one, another endpoint stays with its
 * version until it is moved (AgentCore developer guide, "versioning and endpoints").
 */
export function createVersions(first: Engine): Versions {
  const engines = [first]
  const moved = new Map<string, number>()

  return {
    current(endpoint) {
      const version = moved.get(endpoint) ?? 1
      return { version, engine: engines[version - 1] as Engine }
    },
    add(engine, endpoints) {
      const version = engines.push(engine)
      for (const endpoint of ['DEFAULT', ...endpoints]) moved.set(endpoint, version)
      return version
    },
    async close() {
      await Promise.all(engines.map(engine => engine.close()))
    },
  }
}
