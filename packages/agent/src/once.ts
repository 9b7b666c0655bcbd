/**
 * @returns a function that runs `task` once: concurrent callers share the run, later ones share its success. After a
 * failure, which all its callers see, the next caller runs it again.
 */
export function once(task: () => unknown): () => Promise<void> {
  let run: Promise<void> | undefined
  const start = async () => {
    try {
      await task()
    } catch (error) {
      run = undefined
      throw error
    }
  }
  return () => {
    run ??= start()
    return run
  }
}
