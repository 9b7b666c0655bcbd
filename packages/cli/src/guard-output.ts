/**
 * Keeps the process up when stdout or stderr cannot be written: what was started must be stopped, and a report be written, also
 * when nobody reads any more (`| head`, a terminal that was closed). Other losses on stdout are told, and are exit status 1.
 */
export function guardOutput(): void {
  const { stdout, stderr } = process
  let isTold = false
  stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
    // A terminal that is gone fails with EIO.
    const hasNoReader = code === 'EPIPE' || stdout.isTTY
    if (hasNoReader || isTold) return
    isTold = true
    process.exitCode ||= 1
    stderr.write(`Could not write to stdout: ${message}. Send it elsewhere.\n`)
  })
  stderr.on('error', () => {})
}
