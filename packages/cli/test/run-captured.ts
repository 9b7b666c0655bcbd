import { vi } from 'vitest'
import { runCommand } from '../src/run-command.ts'

export interface Captured {
  status: number
  stdout: string
  stderr: string
}

/** Runs the command in this process. @returns what it ended with, and what it wrote meanwhile. */
export async function runCaptured(...args: string[]): Promise<Captured> {
  const spies = (['stdout', 'stderr'] as const).map(name => vi.spyOn(process[name], 'write').mockReturnValue(true))
  try {
    const status = await runCommand(args)
    const [stdout = '', stderr = ''] = spies.map(({ mock }) => mock.calls.map(([text]) => String(text)).join(''))
    return { status, stdout, stderr }
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
}
