import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** Not the test's own: a fresh project is somebody else's shell. */
export function environment(): Record<string, string | undefined> {
  const { PATH, HOME, npm_config_cache, NODE_EXTRA_CA_CERTS } = process.env
  const quiet = {
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    NEXT_TELEMETRY_DISABLED: '1',
    NO_COLOR: '1',
  }
  return { PATH, HOME, npm_config_cache, NODE_EXTRA_CA_CERTS, ...quiet }
}

/** Runs a program to its end. @throws Error with all that it printed, when it fails. */
export async function run(folder: string, program: string, ...args: string[]): Promise<string> {
  try {
    const options = { cwd: folder, env: environment(), maxBuffer: 64 * 2 ** 20 }
    return (await promisify(execFile)(program, args, options)).stdout
  } catch (cause) {
    const { stdout, stderr } = cause as { stdout?: string; stderr?: string }
    throw new Error(`Could not run ${program} ${args.join(' ')}:\n${stdout}\n${stderr}`, { cause })
  }
}
