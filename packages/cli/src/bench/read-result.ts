import { readJson } from '../read-json.ts'
import { UsageError } from '../usage-error.ts'
import type { BenchResult } from './bench-result.ts'

/** @throws UsageError when the file is no result of a bench. */
export async function readResult(path: string): Promise<BenchResult> {
  try {
    const result = await readJson(path)
    if (isResult(result)) return result
    throw new Error('it is not a result of warm-agent bench')
  } catch (cause) {
    throw new UsageError(
      `Could not read ${path}: ${(cause as Error).message}. Give the JSON that a bench has written.`,
      { cause },
    )
  }
}

type Unknown<Name extends string> = Partial<Record<Name, unknown>> | null | undefined

/** Checks what is used of it: the file may have been cut or edited by hand. */
function isResult(value: unknown): value is BenchResult {
  const { format, setup, scenarios } = (value ?? {}) as Partial<Record<string, unknown>>
  return (
    format === 'warm-agent-bench/1' &&
    isObject(setup) &&
    isObject(scenarios) &&
    Object.values(scenarios).every(isScenario)
  )
}

function isScenario(value: unknown): boolean {
  const scenario = value as Unknown<'failures' | 'samples'>
  return isObject(scenario?.failures) && Array.isArray(scenario.samples) && scenario.samples.every(isSample)
}

function isSample(value: unknown): boolean {
  const sample = value as Unknown<'error' | 'firstTokenMs' | 'warmUp'>
  if (typeof sample?.error === 'string') return true
  const warmUp = sample?.warmUp as Unknown<'tookMs'>
  return typeof sample?.firstTokenMs === 'number' && (warmUp === null || typeof warmUp?.tookMs === 'number')
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
