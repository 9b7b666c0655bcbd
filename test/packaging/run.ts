import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** Runs a program to its end. @throws Error with all that it printed, when it fails. */
export async function run(folder: string, program: string, ...args: string[]): Promise<string> {
  // Not the test's own: a fresh project is somebody else's shell.
  const { PATH, HOME, npm_config_cache } = process.env
  const env = { PATH, HOME, npm_config_cache, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' }
  try {
    const { stdout } = await promisify(execFile)(program, args, { cwd: folder, env, maxBuffer: 64 * 2 ** 20 })
    return stdout
  } catch (cause) {
    const { stdout, stderr } = cause as { stdout?: string; stderr?: string }
    throw new Error(`Could not run ${program} ${args.join(' ')}:\n${stdout}\n${stderr}`, { cause })
  }
}
